import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recording } from '../../../../measure/collect/sessions/recording';
import type { Shell } from '../../../../proxmox/node-shell';
import { LocalShell } from '../local-shell';

/** What a stand-in for capture.py does when it is told to end. */
type End = 'reports' | 'breaks' | 'reports nonsense';

const header =
  '\\115\\074\\262\\241\\002\\000\\004\\000\\000\\000\\000\\000\\000\\000\\000\\000\\200\\000\\000\\000\\001\\000\\000\\000';
const ends: Readonly<Record<End, string>> = {
  reports: `echo '{"captured": 3, "dropped": 0, "cpu": 0.5, "clockStep": 0}' >&2`,
  breaks: `echo 'capture on eth0: [Errno 100] Network is down' >&2; exit 1`,
  'reports nonsense': `echo '{"captured": -1, "dropped": 0, "cpu": 0.5, "clockStep": 0}' >&2`,
};

/** In place of capture.py, by interface. */
function shellWith(of: Readonly<Record<string, { readonly head?: string; readonly end: End }>>): Shell {
  const local = new LocalShell();
  return {
    run: (command) => local.run(command),
    start: (command) => {
      const name = Object.keys(of).find((each) => command.includes(each)) ?? '';
      const { head = header, end = 'reports' } = of[name] ?? {};
      return local.start([
        'sh',
        '-c',
        `printf '${head}'; echo '{"listening": "${name}"}' >&2; cat > /dev/null; ${ends[end]}`,
      ]);
    },
  };
}

const hop = { bridge: '', inner: '', outer: '' };
const clients = [
  {
    client: { name: 'c1', address: '10.0.0.1' },
    namespace: 'n1',
    interface: 'eth1',
    nodeInterface: 'v1',
    hop,
  },
  {
    client: { name: 'c2', address: '10.0.0.2' },
    namespace: 'n2',
    interface: 'eth2',
    nodeInterface: 'v2',
    hop,
  },
];
const points = {
  tap: 'tap0',
  clients,
  filter: { server: '10.0.1.1', port: 80, clients: ['10.0.0.1', '10.0.0.2'] },
  offloads: { client: {}, server: {} },
};

describe('a recording', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lab-recording-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const record = async (shell: Shell) => (await Recording.start(shell, points, directory)).stop();
  const fine = { end: 'reports' } as const;

  test('has both ends with what the programs counted', async () => {
    const { captures, fault } = await record(shellWith({ tap0: fine, eth1: fine, eth2: fine }));
    expect(fault).toBeNull();
    expect(captures.map(({ file, captured, cpuSeconds }) => [file, captured, cpuSeconds])).toEqual([
      ['client.pcap', 6, 1],
      ['server.pcap', 3, 0.5],
    ]);
    expect(readdirSync(directory).sort()).toEqual(['client.pcap', 'server.pcap']);
    expect(readFileSync(join(directory, 'client.pcap'))).toHaveLength(24);
  });

  test.each(['breaks', 'reports nonsense'] as const)(
    'keeps all packets where the capture at the guest %s',
    async (end) => {
      const { captures, fault } = await record(shellWith({ tap0: { end }, eth1: fine, eth2: fine }));
      expect(fault).toMatch(/^the capture on tap0 broke off: .*(Network is down|captured: )/);
      expect(
        captures.map(({ file, captured, droppedByKernel }) => [file, captured, droppedByKernel]),
      ).toEqual([
        ['client.pcap', 6, 0],
        ['server.pcap', null, null],
      ]);
      expect(readdirSync(directory).sort()).toEqual(['client.pcap', 'server.pcap']);
    },
  );

  test('keeps the capture at the guest where those of the clients cannot be merged', async () => {
    const { captures, fault } = await record(
      shellWith({ tap0: fine, eth1: fine, eth2: { head: 'no', end: 'breaks' } }),
    );
    expect(fault).toMatch(/Network is down/);
    expect(captures.map(({ file }) => file)).toEqual(['server.pcap']);
    expect(readdirSync(directory)).toContain('c1.pcap.part');
  });

  test('says why a capture does not start', async () => {
    const local = new LocalShell();
    const shell: Shell = {
      run: (command) => local.run(command),
      start: () => local.start(['sh', '-c', 'echo "capture on tap0: No such device" >&2; exit 1']),
    };
    await expect(Recording.start(shell, points, directory)).rejects.toThrow(
      /capture on tap0 did not start: .*No such device/,
    );
  });
});
