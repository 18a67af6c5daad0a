import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { buildServer } from '../../local-node/api/server';
import { NoNetwork } from '../../local-node/base/node-network';
import { SimulatedEngine } from '../../local-node/engine/simulated/simulated-engine';
import { writeImage } from '../../local-node/engine/simulated/simulated-image';
import { buildLocalNode, type LocalNode } from '../../local-node/node';
import { DEVIATIONS, isDeviation } from './replay/deviations';
import { type NumberedCall, readRecording, saysRunning } from './replay/recording';
import { type Outcome, ReplaySession, ROOT_PASSWORD, type Surroundings } from './replay/session';

/** In the order in which they were recorded; each goes on where the one before has ended. */
const FILES = [
  ...['02-vm-lifecycle', '03-errors', '04-stop-destroy', '05-acl', '05b-token-no-permission'],
  ...['05d-token-privsep', '06-agent-clone-snapshot', '07-storage', '08-network', 'tf-apply', 'tf-plan'],
  ...['tf-change', 'tf-destroy', '09-template-and-token', '09b-template', 'tf-clone', 'tf-clone-plan'],
  ...['tf-clone-destroy', '01-read-basics'],
];
const BOOT_SECONDS = 60;
const INTERFACES = `auto lo
iface lo inet loopback

iface eth0 inet manual

auto vmbr0
iface vmbr0 inet static
\taddress 10.10.0.2/24
\tbridge-ports eth0
\tbridge-stp off
\tbridge-fd 0
`;

describe('the local node against recorded answers of Proxmox VE 9.1', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'pve-replay-'));
  const source = join(stateDir, 'source');
  let now = 1_795_370_465_000;
  let node: LocalNode;
  let app: FastifyInstance;
  let server: Server;
  let session: ReplaySession;
  let providerToken: string | undefined;
  const outcomes = new Map<string, Outcome[]>();
  const artifacts: NumberedCall[] = [];

  beforeAll(async () => {
    mkdirSync(join(stateDir, 'etc', 'network'), { recursive: true });
    writeFileSync(join(stateDir, 'etc', 'network', 'interfaces'), INTERFACES);
    writeFileSync(join(stateDir, 'etc', 'resolv.conf'), 'nameserver 10.255.255.53\n');
    const importDir = join(stateDir, 'storage', 'local', 'import');
    mkdirSync(importDir, { recursive: true });
    mkdirSync(source, { recursive: true });
    await writeImage(join(importDir, 'debian.qcow2'), 'qcow2', 3 * 1024 ** 3);
    await writeImage(join(source, 'debian.qcow2'), 'qcow2', 3 * 1024 ** 3);
    await writeImage(join(source, 'tiny.qcow2'), 'qcow2', 64 * 1024 ** 2);
    await writeImage(join(source, 'tiny.img'), 'raw', 64 * 1024);
    writeFileSync(join(source, 'small.iso'), Buffer.alloc(1_000_000));
    server = createServer((request, response) => {
      void serveFile(source, request.url ?? '/', request.method ?? 'GET', response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

    const clock = { now: () => now, steady: () => now };
    node = buildLocalNode({
      stateDir,
      nodeName: 'pve1',
      engine: new SimulatedEngine({
        clock,
        bootSeconds: BOOT_SECONDS,
        obeysShutdown: ({ vmid }) => vmid !== 200,
      }),
      network: new NoNetwork(),
      clock,
      rootPassword: ROOT_PASSWORD,
    });
    await node.start();
    app = await buildServer(node);
    session = newSession();
    for (const file of FILES) {
      const calls = readRecording(file);
      artifacts.push(...calls.filter((call) => call.artifact !== undefined));
      outcomes.set(
        file,
        await session.run(
          calls.filter((call) => call.artifact === undefined),
          await surroundings(file),
        ),
      );
    }
  }, 120_000);

  afterAll(async () => {
    console.log(summary());
    await app.close();
    await node.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(stateDir, { recursive: true, force: true });
  });

  test.each(FILES)('%s: every recorded call matches, or is a deviation with a reason', (file) => {
    const wrong = (outcomes.get(file) ?? []).filter(
      ({ call, difference }) => difference !== undefined && !isDeviation(call.file, call.line),
    );
    expect(wrong.map(report)).toEqual([]);
  });

  test('every deviation that is listed is one', () => {
    const differing = [...outcomes.values()]
      .flat()
      .filter(({ difference }) => difference !== undefined)
      .map(({ call }) => `${call.file}:${call.line}`);
    const listed = DEVIATIONS.flatMap(({ calls }) =>
      Object.entries(calls).flatMap(([file, lines]) => lines.map((line) => `${file}:${line}`)),
    );
    expect(listed.filter((place) => !differing.includes(place))).toEqual([]);
  });

  test("no call of the provider's own runs deviates", () => {
    const files = DEVIATIONS.flatMap(({ calls }) => Object.keys(calls));
    expect(files.filter((file) => file.startsWith('tf-'))).toEqual([]);
  });

  test('every reason for a deviation is told in docs/reference/local-node.md', async () => {
    const page = (
      await readFile(join(__dirname, '..', '..', 'docs', 'reference', 'local-node.md'), 'utf8')
    ).replace(/\s+/g, ' ');
    expect(DEVIATIONS.map(({ reason }) => reason).filter((reason) => !page.includes(reason))).toEqual([]);
  });

  function newSession(): ReplaySession {
    const { port } = server.address() as AddressInfo;
    return new ReplaySession(node, app, [
      ['10.10.0.2:9999', `127.0.0.1:${port}`],
      ['/var/lib/vz2', join(stateDir, 'storage', 'local-lvm')],
      ['/var/lib/vz', join(stateDir, 'storage', 'local')],
      // The local node keeps the drive as the ISO image that it is.
      ['cloudinit.qcow2', 'cloudinit.raw'],
      ['/var/lib/extra', join(stateDir, 'storage', 'extra')],
    ]);
  }

  /** What happened before a file was recorded, and what its lines leave out. */
  async function surroundings(file: string): Promise<Surroundings> {
    const before = async (call: NumberedCall) => {
      // Some time went by here without a poll of the task that went before.
      if (call.note === 'delete with params' || call.path.includes('/cluster/resources')) await tasksEnd();
      // Where the recorded guest agent answered, the guest had booted.
      const answers = call.path.includes('/agent/') && call.status === 200;
      now += answers ? BOOT_SECONDS * 1000 : 10;
    };
    const raw = await readFile(join(source, 'tiny.img'));
    const bytes = Buffer.alloc(100);
    switch (file) {
      case '03-errors':
        return {
          before,
          passwords: { 'bad password': 'wrong' },
          bodies: {
            'JSON body create': ['application/json', '{"vmid":302,"name":"json","memory":"64","onboot":0}'],
            'bad JSON body': ['application/json', '{"vmid":'],
            'text body': ['text/plain', 'vmid=303'],
          },
          // Nothing listened there when these were recorded.
          places: [['10.10.0.2:9999', '127.0.0.1:9']],
        };
      case '05-acl':
        return { before, passwords: { 'short password': 'short' } };
      case '05b-token-no-permission':
        return { before, token: await newToken('tf@pve', 'bare', false) };
      case '05d-token-privsep':
        return { before, token: await newToken('root@pam', 'apart', true) };
      case '06-agent-clone-snapshot':
        await session.prepare('PUT', '/nodes/pve1/qemu/201/config', {
          name: 'x',
          cicustom: 'user=local:snippets/u.yaml',
        });
        await session.prepare('POST', '/nodes/pve1/qemu', { vmid: '400', name: 'x' });
        return { before };
      case '07-storage':
        return {
          before,
          uploads: {
            'upload iso': { content: 'iso', fileName: 'up.iso', bytes },
            'upload iso twice': { content: 'iso', fileName: 'up.iso', bytes },
            'upload snippets': { content: 'snippets', fileName: 'u.yaml', bytes },
            'upload import raw': { content: 'import', fileName: 'up.raw', bytes: raw },
            'upload import img': { content: 'import', fileName: 'up.img', bytes: raw },
            'upload import not an image': { content: 'import', fileName: 'up.qcow2', bytes },
            'upload bad extension': { content: 'iso', fileName: 'up.txt', bytes },
            'upload to storage without content': { content: 'iso', fileName: 'up.iso', bytes },
            'upload name with space': { content: 'iso', fileName: 'my file.iso', bytes },
          },
        };
      case 'tf-apply':
        await session.prepare('POST', '/nodes/pve1/qemu', { vmid: '206', name: 'Copy-of-VM-cl' });
        return { before };
      case '09b-template':
        await session.prepare('DELETE', '/nodes/pve1/qemu/9000', {});
        return { before };
      case 'tf-plan':
        await session.prepare('PUT', '/nodes/pve1/qemu/201/config', { name: 'tmplsrc' });
        return { before };
      case 'tf-clone':
      case 'tf-clone-plan':
      case 'tf-clone-destroy':
        if (file === 'tf-clone-destroy') {
          // One guest was deleted and the other changed behind the provider's back.
          await session.prepare('POST', '/nodes/pve1/qemu/100/status/stop', {});
          await session.prepare('DELETE', '/nodes/pve1/qemu/100', {});
          await session.prepare('PUT', '/nodes/pve1/qemu/101/config', { name: 'drifted', tags: 'a;b;c' });
        }
        providerToken ??= await newToken('terraform@pve', 'provider', false);
        return { before, token: providerToken };
      default:
        return { before };
    }
  }

  async function tasksEnd(): Promise<void> {
    const running = node.tasks.list().filter(({ exitStatus }) => exitStatus === undefined);
    await Promise.all(running.map(({ upid }) => node.tasks.wait(upid, 10)));
  }

  async function newToken(user: string, id: string, privsep: boolean): Promise<string> {
    await node.access.update((config) =>
      config.users.get(user)?.tokens.set(id, { expire: 0, privsep, comment: '' }),
    );
    return `${user}!${id}=${await node.access.newTokenSecret(user, id)}`;
  }

  function summary(): string {
    const polls = FILES.flatMap(readRecording).filter(saysRunning).length;
    let [all, matching] = [0, 0];
    const lines = FILES.map((file) => {
      const list = outcomes.get(file) ?? [];
      const good = list.filter(({ difference }) => difference === undefined).length;
      all += list.length;
      matching += good;
      return `${file.padEnd(26)} ${String(good).padStart(4)} of ${String(list.length).padStart(4)}`;
    });
    const share = ((100 * matching) / all).toFixed(1);
    return [
      'Recorded calls that the local node answers as Proxmox VE 9.1 did:',
      ...lines,
      `${'all'.padEnd(26)} ${matching} of ${all} = ${share} %; artifacts of the recording left out: ${artifacts.length}, polls of running tasks: ${polls}`,
    ].join('\n');
  }
});

function report({ call, difference }: Outcome): string {
  return `${call.file}:${call.line} ${call.note ?? ''} ${call.method} ${call.path}: ${difference}`;
}

async function serveFile(
  directory: string,
  url: string,
  method: string,
  response: ServerResponse,
): Promise<void> {
  try {
    const data = await readFile(join(directory, url.split('/').at(-1) ?? ''));
    const type = url.endsWith('.iso') ? 'application/x-iso9660-image' : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': data.length });
    response.end(method === 'HEAD' ? undefined : data);
  } catch {
    response.writeHead(404, 'File not found').end();
  }
}
