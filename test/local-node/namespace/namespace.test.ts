import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Launch } from '../../../local-node/engine/qemu/guest-launch';
import { guestCommand } from '../../../local-node/engine/qemu/private-root';
import { changes, NamespaceNetwork } from '../../../local-node/namespace/bridges';
import { Namespace, NamespaceError } from '../../../local-node/namespace/namespace';
import { CommandError } from '../../../machine/command';
import { identify, isAlive, namespaceOf, processesIn, waitForEnd } from '../../../machine/processes';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'namespace-'));
});

afterEach(async () => {
  await Namespace.remove(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
});

test('commands run as root in a network of their own', async () => {
  const namespace = await Namespace.ensure(stateDir);
  expect((await namespace.run(['id', '-u'])).trim()).toBe('0');
  const links = JSON.parse(await namespace.run(['ip', '-json', 'link'])) as {
    ifname: string;
    flags: string[];
  }[];
  expect(links.map((link) => link.ifname)).toEqual(['lo']);
  expect(links[0]?.flags).toContain('UP');
  expect((await namespace.run(['cat', '/proc/sys/net/ipv4/ip_forward'])).trim()).toBe('1');
});

test('its host is named as the node is, and the machine keeps its own name', async () => {
  const before = hostname();
  const namespace = await Namespace.ensure(stateDir, 'pve7');
  expect((await namespace.run(['uname', '-n'])).trim()).toBe('pve7');
  expect(hostname()).toBe(before);
});

test('it is found again by whoever comes next, until it is removed', async () => {
  const namespace = await Namespace.ensure(stateDir);
  expect((await Namespace.ensure(stateDir)).holder).toEqual(namespace.holder);
  expect(Namespace.find(stateDir)?.holder).toEqual(namespace.holder);
  await Namespace.remove(stateDir);
  expect(Namespace.find(stateDir)).toBeUndefined();
  expect(isAlive(namespace.holder)).toBe(false);
});

test('`ip netns` works inside, and its processes end with the namespace', async () => {
  const namespace = await Namespace.ensure(stateDir);
  await namespace.ip(['netns add client1']);
  const [file = '', ...args] = namespace.enter(['ip', 'netns', 'exec', 'client1', 'sleep', '1000']);
  const child = spawn(file, args, { stdio: 'ignore' });
  const client = identify(child.pid ?? 0);
  const user = namespaceOf(namespace.holder.pid, 'user') ?? '';
  await until(() => namespace.processes().some((process) => process.pid === child.pid));
  await Namespace.remove(stateDir);
  expect(client && isAlive(client)).toBe(false);
  expect(processesIn(user)).toEqual([]);
});

test('files of guests are at /run/qemu-server inside', async () => {
  const namespace = await Namespace.ensure(stateDir);
  await namespace.run(['sh', '-c', 'echo 42 > /run/qemu-server/100.pid']);
  expect(readFileSync(join(Namespace.runtimeDir(stateDir), '100.pid'), 'utf8')).toBe('42\n');
});

test('when the holder has been killed, what it left is ended and a new one made', async () => {
  const namespace = await Namespace.ensure(stateDir);
  const [file = '', ...args] = namespace.enter(['sleep', '1000']);
  const orphan = spawn(file, args, { stdio: 'ignore' });
  await until(() => namespace.processes().some((process) => process.pid === orphan.pid));
  process.kill(namespace.holder.pid, 'SIGKILL');
  await waitForEnd(namespace.holder, 5_000);
  expect(() => namespace.enter(['true'])).toThrow(NamespaceError);
  const next = await Namespace.ensure(stateDir);
  expect(next.holder).not.toEqual(namespace.holder);
  expect(identify(orphan.pid ?? 0)).toBeUndefined();
});

test('a guest in a root of its own, too, is ended when the holder has been killed', async () => {
  const namespace = await Namespace.ensure(stateDir);
  const runtime = Namespace.runtimeDir(stateDir);
  mkdirSync(join(runtime, '100'));
  const files = {
    readOnly: [],
    writable: [],
    moved: [['/run/qemu-server/100', '/run/qemu-server']] as const,
  };
  const command = guestCommand(['sleep', '1000'], files, '/run/qemu-server/100.pid');
  (await Launch.start(namespace.enter(command))).release();
  const guest = identify(Number(readFileSync(join(runtime, '100.pid'), 'utf8')));
  expect(guest).toBeDefined();
  if (guest) await until(() => readFileSync(`/proc/${guest.pid}/comm`, 'utf8') === 'sleep\n');
  process.kill(namespace.holder.pid, 'SIGKILL');
  await waitForEnd(namespace.holder, 5_000);
  await Namespace.ensure(stateDir);
  expect(guest && isAlive(guest)).toBe(false);
});

test('a recorded pid that another process has by now is not taken for the holder', async () => {
  const namespace = await Namespace.ensure(stateDir);
  await Namespace.remove(stateDir);
  const foreign = { pid: process.pid, startTicks: namespace.holder.startTicks };
  await Namespace.ensure(stateDir);
  const record = join(stateDir, 'run', 'namespace.json');
  const kept = readFileSync(record, 'utf8');
  writeFileSync(record, JSON.stringify({ holder: foreign, user: namespaceOf('self', 'user') }));
  expect(Namespace.find(stateDir)).toBeUndefined();
  writeFileSync(record, kept);
});

test('bridges become those declared, and again in any order', async () => {
  const namespace = await Namespace.ensure(stateDir);
  const network = new NamespaceNetwork(namespace);
  const servers = { name: 'vmbr10', addresses: ['192.168.10.1/24', 'fd00::1/64'] };
  const clients = { name: 'vmbr20', addresses: ['192.168.20.1/24'], mtu: 1400 };
  await network.apply([servers, clients]);
  await network.apply([servers, clients]);
  expect(await bridges(namespace)).toEqual({
    vmbr10: { mtu: 1500, addresses: ['192.168.10.1/24', 'fd00::1/64'] },
    vmbr20: { mtu: 1400, addresses: ['192.168.20.1/24'] },
  });
  await network.apply([{ name: 'vmbr20', addresses: ['192.168.20.254/24'] }]);
  expect(await bridges(namespace)).toEqual({ vmbr20: { mtu: 1500, addresses: ['192.168.20.254/24'] } });
  await network.apply([]);
  expect(await bridges(namespace)).toEqual({});
});

test('nothing is changed where nothing differs', () => {
  const present = {
    ifname: 'vmbr10',
    mtu: 1500,
    flags: ['BROADCAST', 'UP'],
    addr_info: [
      { family: 'inet', local: '192.168.10.1', prefixlen: 24, scope: 'global' },
      { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
    ],
  };
  expect(changes([present], [{ name: 'vmbr10', addresses: ['192.168.10.1/24'] }])).toEqual([]);
});

test('a line that `ip` refuses is an error with its words', async () => {
  const namespace = await Namespace.ensure(stateDir);
  await expect(namespace.ip(['link set dev nothere up'])).rejects.toThrow(CommandError);
  await expect(namespace.ip(['link set dev nothere up'])).rejects.toThrow(/nothere/);
});

async function bridges(namespace: Namespace) {
  const json = await namespace.run(['ip', '-json', 'address', 'show', 'type', 'bridge']);
  const links = JSON.parse(json) as {
    ifname?: string;
    mtu: number;
    addr_info: { local: string; prefixlen: number; scope: string }[];
  }[];
  return Object.fromEntries(
    links.flatMap(({ ifname, mtu, addr_info }) => {
      const global = addr_info?.filter((address) => address.scope === 'global') ?? [];
      const addresses = global.map((address) => `${address.local}/${address.prefixlen}`);
      return ifname ? [[ifname, { mtu, addresses }]] : [];
    }),
  );
}

/** Waits for what another process brings about; jest's own limit ends a wait in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
