import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ensureCertificate } from '../../local-node/access/certificate';
import { buildServer } from '../../local-node/api/server';
import { NoNetwork } from '../../local-node/base/node-network';
import { SimulatedEngine } from '../../local-node/engine/simulated/simulated-engine';
import { writeImage } from '../../local-node/engine/simulated/simulated-image';
import { buildLocalNode, type LocalNode } from '../../local-node/node';
import { archiveNames } from './replay/archive-names';
import { BEYOND } from './replay/beyond';
import { DEVIATIONS, isListed } from './replay/deviations';
import { type NumberedCall, readRecording, saysRunning } from './replay/recording';
import { INTERFACES, serveFile } from './replay/rig';
import { type Outcome, ReplaySession, ROOT_PASSWORD, type Surroundings } from './replay/session';

/** In the order in which they were recorded; each goes on where the one before has ended. */
const FILES = [
  ...['02-vm-lifecycle', '03-errors', '04-stop-destroy', '05-acl', '05b-token-no-permission'],
  ...['05d-token-privsep', '06-agent-clone-snapshot', '07-storage', '08-network', 'tf-apply', 'tf-plan'],
  ...['tf-change', 'tf-destroy', '09-template-and-token', '09b-template', 'tf-clone', 'tf-clone-plan'],
  ...['tf-clone-destroy', '01-read-basics', '12-snapshots', '14-console', '14b-terminals', '13-backup'],
  ...['11-containers', 'tf-ct-apply', 'tf-ct-plan', 'tf-ct-change', 'tf-ct-destroy', '15-cluster'],
  ...['tf-ha-apply', 'tf-ha-plan', 'tf-ha-change', 'tf-ha-destroy'],
];
const BOOT_SECONDS = 60;
/** As it was recorded. */
const FIRST_CONTAINER = {
  ...{
    vmid: '101',
    ostemplate: 'local:vztmpl/lab-template.tar.zst',
    hostname: 'ct1',
    memory: '512',
    swap: '256',
  },
  ...{
    cores: '1',
    rootfs: 'local-lvm:4',
    unprivileged: '1',
    features: 'nesting=1',
    tags: 'lab;web',
    onboot: '1',
  },
  ...{ net0: 'name=eth0,bridge=vmbr0,ip=10.98.0.51/24,gw=10.98.0.1', description: 'a container' },
  ...{ nameserver: '10.98.0.1', searchdomain: 'lab.example' },
};

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
    await ensureCertificate(stateDir, 'pve1');
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
      ({ call, difference }) => difference !== undefined && !isListed([...DEVIATIONS, ...BEYOND], call),
    );
    expect(wrong.map(report)).toEqual([]);
  });

  test('every deviation that is listed is one', () => {
    const differing = [...outcomes.values()]
      .flat()
      .filter(({ difference }) => difference !== undefined)
      .map(({ call }) => `${call.file}:${call.line}`);
    const listed = [...DEVIATIONS, ...BEYOND].flatMap(({ calls }) =>
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
    expect(
      [...DEVIATIONS, ...BEYOND].map(({ reason }) => reason).filter((reason) => !page.includes(reason)),
    ).toEqual([]);
  });

  test('docs/reference/local-node.md says the figures of this test', async () => {
    const page = await readFile(join(__dirname, '..', '..', 'docs', 'reference', 'local-node.md'), 'utf8');
    expect(page.replace(/\s+/g, ' ')).toContain(figures());
  });

  function newSession(): ReplaySession {
    const { port } = server.address() as AddressInfo;
    return new ReplaySession(node, app, [
      ['10.10.0.2:9999', `127.0.0.1:${port}`],
      ['/var/lib/vz2', join(stateDir, 'storage', 'local-lvm')],
      ['/var/lib/vz', join(stateDir, 'storage', 'local')],
      ['/mnt/shared', join(stateDir, 'storage', 'shared')],
      ['/var/lib/extra', join(stateDir, 'storage', 'extra')],
    ]);
  }

  /** What happened before a file was recorded, and what its lines leave out. */
  async function surroundings(file: string): Promise<Surroundings> {
    const prepare = async (call: NumberedCall) => {
      // Some time went by here without a poll of the task that went before.
      if (call.note === 'delete with params' || call.path.includes('/cluster/resources')) await tasksEnd();
      // The creation of the first container is marked as an artifact, for the name of its volume.
      if (call.file === '11-containers' && call.note === 'list')
        await session.prepare('POST', '/nodes/pve1/lxc', FIRST_CONTAINER);
      // The recorded QEMU kept memory only in the rig's own way, which is marked as an artifact.
      if (call.file === '12-snapshots' && call.line === 70) {
        const asked = { snapname: 'live2', vmstate: '1' };
        await session.prepare('POST', '/nodes/pve1/qemu/201/snapshot', asked);
        await tasksEnd();
      }
      // Where the recorded guest agent answered, the guest had booted.
      const answers = call.path.includes('/agent/') && call.status === 200;
      now += answers ? BOOT_SECONDS * 1000 : 10;
    };
    const raw = await readFile(join(source, 'tiny.img'));
    const bytes = Buffer.alloc(100);
    const archives: (readonly [string, string])[] = [];
    switch (file) {
      case '03-errors':
        return {
          before: prepare,
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
        return { before: prepare, passwords: { 'short password': 'short' } };
      case '05b-token-no-permission':
        return { before: prepare, token: await newToken('tf@pve', 'bare', false) };
      case '05d-token-privsep':
        return { before: prepare, token: await newToken('root@pam', 'apart', true) };
      case '06-agent-clone-snapshot':
        await session.prepare('PUT', '/nodes/pve1/qemu/201/config', {
          name: 'x',
          cicustom: 'user=local:snippets/u.yaml',
        });
        await session.prepare('POST', '/nodes/pve1/qemu', { vmid: '400', name: 'x' });
        return {
          before: async (call) => {
            await prepare(call);
            // The recorded QEMU could not keep memory, so that there was no snapshot.
            if (call.note === 'delete snapshot') {
              await session.prepare('DELETE', '/nodes/pve1/qemu/201/snapshot/s1', {});
              await tasksEnd();
            }
            // The recorded QEMU could not copy the disks of a running guest, so that there was no clone.
            if (!['clone config', 'linked clone of non-template'].includes(call.note ?? '')) return;
            await tasksEnd();
            await removeGuest(202);
          },
        };
      case '07-storage':
        return {
          before: prepare,
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
      case '12-snapshots':
        for (const vmid of [201, 202]) await removeGuest(vmid);
        // As the node of these recordings was set up.
        await session.prepare('PUT', '/storage/local', {
          content: 'iso,vztmpl,backup,snippets,import,images',
        });
        return { before: prepare };
      case '11-containers':
        await addTemplate('lab-template');
        await session.prepare('POST', '/nodes/pve1/network', {
          iface: 'vmbr10',
          type: 'bridge',
          autostart: '1',
        });
        await session.prepare('PUT', '/nodes/pve1/network', {});
        return { before: prepare, passwords: { 'short password': 'abc' } };
      case '13-backup':
        await addTemplate('mini-template');
        return {
          places: archives,
          before: async (call) => {
            await prepare(call);
            if (call.method !== 'POST' || !call.path.endsWith('/vzdump')) return;
            now += 1000; // each has a second, and so a name, of its own
            const names = archiveNames(call, now);
            if (names) archives.push(names);
          },
        };
      case '14-console':
      case '14b-terminals':
        await addTemplate('mini-template');
        await removeGuest(301);
        return { before: prepare };
      case '15-cluster':
        await session.prepare('POST', '/storage', {
          ...{ storage: 'shared', type: 'dir', path: '/mnt/shared', content: 'vztmpl,backup,images,rootdir' },
        });
        // What a failed restore had left there.
        await session.prepare('POST', '/nodes/pve1/qemu', { vmid: '134' });
        return { before: prepare };
      case 'tf-apply':
        await session.prepare('POST', '/nodes/pve1/qemu', { vmid: '206', name: 'Copy-of-VM-cl' });
        return { before: prepare };
      case '09b-template':
        await session.prepare('DELETE', '/nodes/pve1/qemu/9000', {});
        return { before: prepare };
      case 'tf-plan':
        await session.prepare('PUT', '/nodes/pve1/qemu/201/config', { name: 'tmplsrc' });
        return { before: prepare };
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
        return { before: prepare, token: providerToken };
      default:
        return { before: prepare };
    }
  }

  /** The archive of a container's template; simulated containers do not look into it. */
  async function addTemplate(name: string): Promise<void> {
    await writeFile(join(stateDir, 'storage', 'local', 'template', 'cache', `${name}.tar.zst`), '');
  }

  async function removeGuest(vmid: number): Promise<void> {
    if (!node.guests.store.has(vmid)) return;
    await session.prepare('POST', `/nodes/pve1/qemu/${vmid}/status/stop`, {});
    await session.prepare('DELETE', `/nodes/pve1/qemu/${vmid}`, {});
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

  /** Of a file, what the local node was asked and can answer. */
  function comparable(file: string): Outcome[] {
    return (outcomes.get(file) ?? []).filter(({ call }) => !isListed(BEYOND, call));
  }

  function summary(): string {
    const lines = FILES.map((file) => {
      const list = comparable(file);
      const good = list.filter(({ difference }) => difference === undefined).length;
      return `${file.padEnd(26)} ${String(good).padStart(4)} of ${String(list.length).padStart(4)}`;
    });
    return ['Recorded calls that the local node answers as Proxmox VE 9.1 did:', ...lines, figures()].join(
      '\n',
    );
  }

  /** The sentences that docs/reference/local-node.md says. */
  function figures(): string {
    const calls = FILES.flatMap(readRecording);
    const all = FILES.flatMap((file) => outcomes.get(file) ?? []);
    const compared = FILES.flatMap(comparable);
    const matching = compared.filter(({ difference }) => difference === undefined).length;
    const answered = calls.filter((call) => call.artifact === undefined && call.status !== undefined);
    const polls = answered.filter(saysRunning).length;
    const count = (value: number) => value.toLocaleString('en-GB');
    return [
      `Of ${count(calls.length)} recorded calls the test leaves out`,
      `${polls} polls of tasks that still ran (they are held open here),`,
      `${artifacts.length} answers that the recording's surroundings caused,`,
      `${calls.length - artifacts.length - answered.length} without an answer,`,
      `${session.notAsked.length} of paths that the local node has not,`,
      `and ${all.length - compared.length} whose answers show what such paths have made.`,
      `Of the other ${count(compared.length)}, ${count(matching)} match`,
      `(${((100 * matching) / compared.length).toFixed(1)} %),`,
    ].join(' ');
  }
});

function report({ call, difference }: Outcome): string {
  return `${call.file}:${call.line} ${call.note ?? ''} ${call.method} ${call.path}: ${difference}`;
}
