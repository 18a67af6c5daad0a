import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../config/lab';
import { analyseSession } from '../../measure/analyse/sessions/qos';
import { ClientNetwork } from '../../measure/collect/clients/client-network';
import { collectQos, type QosWorld } from '../../measure/collect/sessions/qos';
import type { QosSession, RunPlan } from '../../measure/run/raw-data';
import { RunDirectory } from '../../measure/run/run-directory';
import { registerPlan } from '../../measure/run/run-plan';
import { finish, type RunningCommand } from '../../proxmox/node-shell';
import { testLab } from '../measure/collect/fixtures';
import { NamespaceNode } from '../measure/collect/namespace-node';
import { testUnless } from '../skip';

jest.setTimeout(60_000);

const lacking = hasNetem() ? undefined : 'the kernel has no module sch_netem';

// The whole chain on a node of namespaces; python3's http.server stands for the application.
describe('a session of scenario 2', () => {
  let node: NamespaceNode;
  let server: RunningCommand;
  let directory: string;
  const said: string[] = [];
  const port = 8080;
  /** One session that several tests look at, and the node before and after it. */
  let whole: Awaited<ReturnType<typeof run>>;
  let before: Awaited<ReturnType<typeof nodeState>>;
  let after: typeof before;

  beforeAll(async () => {
    node = await NamespaceNode.create();
    directory = mkdtempSync(join(tmpdir(), 'qos-'));
    const site = join(directory, 'site');
    mkdirSync(site);
    writeFileSync(join(site, 'picture.png'), Buffer.alloc(300_000, 7));
    writeFileSync(join(site, 'style.css'), 'body { color: black }');
    const assets =
      '<link rel="stylesheet" href="/style.css"><img src="picture.png"><img src="http://other.example/x.png">';
    for (const page of ['index', 'second'])
      writeFileSync(join(site, `${page}.html`), `<title>T</title>${assets}`);
    server = await node.shell.start(
      node.inGuest(['python3', '-u', '-m', 'http.server', String(port), '--directory', site]),
    );
    await new Promise<void>((resolve) => server.stdout.once('data', () => resolve()));
    server.stderr.resume();
    // A bridge has its final state only once a port has come and gone.
    const { networks, clients } = testLab();
    await (await ClientNetwork.create(node.shell, 'trial', networks, clients)).remove();
    before = await nodeState();
    whole = await run('whole');
    after = await nodeState();
  });

  afterAll(async () => {
    server.kill();
    await node.remove();
    rmSync(directory, { recursive: true });
  });

  function world(changes: Partial<QosWorld> = {}): QosWorld {
    return {
      shell: node.shell,
      clock: { now: () => Date.now() / 1000, offsetSeconds: 0, uncertaintySeconds: 0 },
      agent: () => ({
        exec: async (command, options) => {
          const wrapped = node.inGuest(command);
          const done = await finish(wrapped, await node.shell.start(wrapped), {
            ...options,
            stdin: options?.input,
            allowFailure: true,
          });
          return { exitCode: done.code ?? 1, stdout: done.stdout, stderr: done.stderr };
        },
      }),
      application: () => ({ port, pages: ['/', '/second.html'] }),
      progress: (text) => said.push(text),
      signal: new AbortController().signal,
      drainSeconds: 0.05,
      ...changes,
    };
  }

  function plan(run: string, networks: Lab['networks'] = testLab().networks): RunPlan {
    const lab = testLab({ networks });
    const missing = lab.guests.slice(1).map((guest) => ({ guest: guest.name, reason: 'not here' }));
    return registerPlan(lab, {
      run,
      planName: 'tiny',
      scenarios: ['qos'],
      registeredAt: '2026-01-01T00:00:00Z',
      missingApplications: missing,
    });
  }

  async function run(name: string, changes: Partial<QosWorld> = {}, networks?: Lab['networks']) {
    const path = join(directory, name);
    const faults = await collectQos(world(changes), plan(name, networks), new RunDirectory(path));
    const folder = join(path, 'raw', 'qos', '000-wordpress');
    const session = JSON.parse(readFileSync(join(folder, 'session.json'), 'utf8')) as QosSession;
    return { faults, folder, session };
  }

  async function nodeState() {
    const links = JSON.parse((await node.shell.run(['ip', '-json', 'link'])).stdout) as Link[];
    return {
      // Not whether a bridge has a carrier: the kernel takes up to a second to notice.
      links: links.map(({ ifname, address, mtu, qdisc, master }) => ({
        ifname,
        address,
        mtu,
        qdisc,
        master,
      })),
      namespaces: (await node.shell.run(['ip', 'netns'])).stdout,
      forwarding: (await node.shell.run(['cat', '/proc/sys/net/ipv4/ip_forward'])).stdout,
      notes: (await node.shell.run(['ls', '/run'])).stdout,
    };
  }

  it('begins from what the plan says, before anything is captured, and says what that took', async () => {
    const done: string[] = [];
    const from = { from: 'boot' as const, seconds: 1, stillSeconds: null };
    const reset = async () => {
      done.push('reset');
      return from;
    };
    const endResets = async () => void done.push('end');
    const { session } = await run('reset', { reset, endResets });
    expect([session.fault, session.reset, done]).toEqual([null, from, ['reset', 'end']]);
    // It is what it is without a reset.
    const pages = ({ transfers }: QosSession) =>
      transfers.map(({ url, bytes, status }) => [url, bytes, status]);
    expect(pages(session).sort()).toEqual(pages(whole.session).sort());
  });

  it('has a reset that failed as its fault, and reads nothing', async () => {
    const reset = () => Promise.reject(new Error('the snapshot is gone'));
    const { faults, session } = await run('no-reset', { reset });
    expect(faults).toEqual(['000-wordpress: the snapshot is gone']);
    expect([session.transfers, session.captures]).toEqual([[], []]);
  });

  it('yields captures at both ends that hold the same packets', () => {
    const { faults, folder, session } = whole;
    expect(faults).toEqual([]);
    expect(session.fault).toBeNull();
    const { before, after } = session.nodeCounters ?? {};
    expect(after?.cpuTotalTicks).toBeGreaterThan(before?.cpuTotalTicks ?? Number.NaN);
    for (const { cpuSeconds } of session.captures) expect(cpuSeconds).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(['client.pcap', 'server.pcap', 'session.json']);
    const [client, atServer] = session.captures;
    const seen = session.captures.map((capture) => {
      const file = join(folder, capture.file);
      const packets = decode(file);
      expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(capture.sha256);
      expect(capture.droppedByKernel).toBe(0);
      expect(capture.offloads).toEqual({ tso: false, gso: false, gro: false });
      expect(packets).toHaveLength(capture.captured ?? -1);
      // Offloads are off: no packet is longer than the link's.
      expect(Math.max(...packets.map(({ length }) => length))).toBe(1514);
      const times = packets.map(({ time }) => time);
      expect([...times].sort((a, b) => a - b)).toEqual(times);
      return packets.map(({ identity }) => identity).sort();
    });
    expect(client?.captured).toBe(atServer?.captured);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
  });

  it('records every transfer of every client, assets once per session', () => {
    const { session } = whole;
    for (const client of ['client1', 'client2']) {
      const own = session.transfers.filter((transfer) => transfer.client === client);
      expect(own.filter(({ kind }) => kind === 'page').map(({ url }) => new URL(url).pathname)).toEqual([
        '/',
        '/second.html',
        '/',
      ]);
      expect(
        own
          .filter(({ kind }) => kind === 'asset')
          .map(({ url }) => new URL(url).pathname)
          .sort(),
      ).toEqual(['/picture.png', '/style.css']);
      for (const transfer of own) {
        expect(transfer).toMatchObject({ status: 200, error: null });
        expect(transfer.intendedAt).toBeLessThanOrEqual(transfer.startedAt);
        expect(transfer.startedAt).toBeLessThanOrEqual(transfer.firstByteAt ?? 0);
        expect(transfer.firstByteAt).toBeLessThanOrEqual(transfer.endedAt);
      }
    }
    expect(session.probe.roundTripSeconds).toHaveLength(3);
    for (const roundTrip of session.probe.roundTripSeconds) expect(roundTrip).toBeGreaterThan(0);
    expect(session.guestOffloads).toEqual({ tso: false, gso: false, gro: false });
  });

  it('reads every page once before, which is in neither the transfers nor the captures', () => {
    const { session, folder } = whole;
    const warm = session.warmUp ?? [];
    expect(warm.filter(({ kind }) => kind === 'page').map(({ url }) => new URL(url).pathname)).toEqual([
      '/',
      '/second.html',
    ]);
    expect(warm.every(({ client, status }) => client === 'client1' && status === 200)).toBe(true);
    const warmEnd = Math.max(...warm.map(({ endedAt }) => endedAt));
    expect(warmEnd).toBeLessThan(session.startedAt);
    expect(warmEnd).toBeLessThan(decode(join(folder, 'server.pcap'))[0]?.time ?? 0);
  });

  it('leaves the node as it was', () => {
    expect(before.forwarding.trim()).toBe('0');
    expect(after).toEqual(before);
  });

  it('removes what a killed run has left, and nothing of another lab', async () => {
    const { networks, clients } = testLab();
    await ClientNetwork.create(node.shell, 'trial', networks, clients);
    const other = await ClientNetwork.create(node.shell, 'trial-2', networks, clients.slice(0, 1));
    const { faults } = await run('leftovers');
    expect(faults).toEqual([]);
    expect((await node.shell.run(['ip', 'netns'])).stdout).toMatch(/^trial-2\.client1/m);
    await other.remove();
    expect((await node.shell.run(['ip', 'netns'])).stdout).not.toMatch(/trial/);
  });

  it('records a server that does not answer as a fault, with the failed transfers', async () => {
    const { faults, session } = await run('silent', { application: () => ({ port: 81, pages: ['/'] }) });
    expect(faults).toHaveLength(1);
    expect(session.fault).toMatch(/no page came: http:\/\/192\.168\.10\.29:81\/: ConnectionRefusedError/);
    expect(
      session.transfers.every(({ status, firstByteAt }) => status === null && firstByteAt === null),
    ).toBe(true);
    expect(session.probe.roundTripSeconds).toEqual([null, null, null]);
  });

  it('shapes the links of the clients to the rate of lab.yaml, each way between the two captures', async () => {
    const { networks, clients } = testLab();
    const shaped = { ...networks, clients: { ...networks.clients, rateBitsPerSecond: 8_000_000 } };
    const network = await ClientNetwork.create(node.shell, 'trial', shaped, clients.slice(0, 1));
    const queues = async (...where: readonly string[]) => (await node.shell.run(['tc', ...where])).stdout;
    const toClient = await queues('qdisc', 'show', 'dev', 'trial.c1');
    const toServer = await queues('qdisc', 'show', 'dev', 'trial.i1');
    const ofClient = await queues('-netns', 'trial.client1', 'qdisc', 'show', 'dev', 'eth0');
    const reached = await node.shell.run(
      ['ip', 'netns', 'exec', 'trial.client1', 'curl', '-sSf', `http://192.168.10.29:${port}/`],
      { allowFailure: true },
    );
    await network.remove();
    for (const shaping of [toClient, toServer]) expect(shaping).toMatch(/tbf .* rate 8Mbit burst/);
    // What waits in the client itself, its own capture would not have seen yet.
    expect(ofClient).not.toContain('tbf');
    expect(reached.stdout).toContain('picture.png');
    expect(await nodeState()).toEqual(before);
  });

  it('drops packets between the two captures, each way, and counts them', async () => {
    const { networks } = testLab();
    const lossy = { ...networks, clients: { ...networks.clients, lossPercent: 3 } };
    const { faults, folder, session } = await run('lossy', { drainSeconds: 2 }, lossy);
    expect(faults).toEqual([]);
    expect(session.link).toMatchObject({ shape: { lossPercent: 3 }, delayMadeIn: null });
    const { directions } = analyseSession(folder, session).result;
    const found = Object.fromEntries(directions.map(({ direction, loss }) => [direction, loss?.lost]));
    expect(found).toEqual({
      'to server': session.link?.dropped?.toServer,
      'to client': session.link?.dropped?.toClient,
    });
    expect(found['to client']).toBeGreaterThan(0);
    expect((await node.shell.run(['nft', 'list', 'tables'])).stdout).not.toContain('trial');
  });

  testUnless(lacking)('delays packets between the two captures, each way', async () => {
    const { networks } = testLab();
    const slow = { ...networks, clients: { ...networks.clients, delayMs: 20 } };
    const { faults, folder, session } = await run('slow', { delayPlace: 'node' }, slow);
    expect(faults).toEqual([]);
    expect(session.link).toEqual({ shape: { delayMs: 20 }, delayMadeIn: 'node', dropped: null });
    for (const roundTrip of session.probe.roundTripSeconds) expect(roundTrip).toBeGreaterThan(0.04);
    for (const { oneWayDelay } of analyseSession(folder, session).result.directions) {
      expect(oneWayDelay?.min).toBeGreaterThan(0.0199);
      expect(oneWayDelay?.median).toBeLessThan(0.03);
    }
  });

  it('has a guest delay what it sends where the node cannot, and sets it back', async () => {
    const { networks } = testLab();
    const slow = { ...networks, clients: { ...networks.clients, delayMs: 20 } };
    const tc: string[] = [];
    const { agent } = world();
    const inGuest: QosWorld['agent'] = (guest) => ({
      exec: async (command, options) => {
        if (command[0] !== 'tc') return agent(guest).exec(command, options);
        tc.push(command.join(' '));
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    });
    const { faults, session } = await run('slow-guest', { delayPlace: 'guest', agent: inGuest }, slow);
    expect(faults).toEqual([]);
    expect(session.link).toEqual({ shape: { delayMs: 20 }, delayMadeIn: 'guest', dropped: null });
    expect(tc).toEqual([
      expect.stringMatching(/^tc qdisc replace dev eth0 root netem limit \d+ delay 40ms$/),
      'tc qdisc delete dev eth0 root',
    ]);
  });
});

/** Whether this kernel can delay packets; a namespace of one's own is enough to ask. */
function hasNetem(): boolean {
  const ask = 'ip link add a type veth peer name b && tc qdisc add dev a root netem delay 1ms';
  return spawnSync('unshare', ['-Urn', 'sh', '-c', ask]).status === 0;
}

interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly qdisc: string;
  readonly master?: string;
}

interface Packet {
  /** Unix seconds. */
  readonly time: number;
  /** Bytes on the wire. */
  readonly length: number;
  /** What routing leaves untouched. */
  readonly identity: string;
}

/** Every packet of a capture as tshark sees it. */
function decode(file: string): readonly Packet[] {
  const addresses = ['ip.src', 'tcp.srcport', 'ip.dst', 'tcp.dstport'];
  const numbers = ['ip.id', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.len'];
  const fields = ['frame.time_epoch', 'frame.len', ...addresses, ...numbers];
  const args = ['-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const text = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [time, length, ...identity] = line.split('\t');
      return { time: Number(time), length: Number(length), identity: identity.join(' ') };
    });
}
