import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoNetwork } from '../../../local-node/base/node-network';
import { writeStateFile } from '../../../local-node/base/state-file';
import { SimulatedEngine } from '../../../local-node/engine/simulated/simulated-engine';
import { withNameserver } from '../../../local-node/guests/cloud-init';
import { Namespace } from '../../../local-node/namespace/namespace';
import { endUplink, ensureUplink } from '../../../local-node/namespace/uplink';
import { buildLocalNode } from '../../../local-node/node';
import { CommandError } from '../../../machine/command';
import { isAlive, type ProcessIdentity, processesNaming } from '../../../machine/processes';
import { findCommand } from '../../../setup/system-packages';
import { testUnless } from '../../skip';

/** An address of this machine's that is not loopback. */
const address = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

let stateDir: string;
let servers: Server[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'way-out-'));
  servers = [];
});

afterEach(async () => {
  await endUplink(stateDir);
  await Namespace.remove(stateDir);
  for (const server of servers) server.close();
  expect(processesNaming(stateDir)).toEqual([]);
  rmSync(stateDir, { recursive: true, force: true });
});

/** A TCP server of the machine that says where its caller comes from. */
async function listening(host: string): Promise<number> {
  const server = createServer((socket) => socket.end(`from ${socket.remoteAddress}`));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

const READ = `import socket, sys
print(socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3])).recv(99).decode())`;

/** What a client's process reads from there. */
async function read(namespace: Namespace, host: string, port: number, seconds = 10): Promise<string> {
  const python = ['python3', '-c', READ, host, String(port), String(seconds)];
  return (await namespace.run(['ip', 'netns', 'exec', 'client1', ...python])).trim();
}

/** A servers' network with one server and a clients' network with one client, as the lab has them. */
async function network(namespace: Namespace): Promise<void> {
  const sides = [
    { bridge: 'vmbr10', subnet: '192.168.10', host: 'server1', last: 29 },
    { bridge: 'vmbr20', subnet: '192.168.20', host: 'client1', last: 11 },
  ];
  for (const { bridge, subnet, host, last } of sides) {
    await namespace.ip([
      `netns add ${host}`,
      `link add name ${bridge} type bridge`,
      `address add ${subnet}.1/24 dev ${bridge}`,
      `link set dev ${bridge} up`,
      `link add name ${host} type veth peer name eth0 netns ${host}`,
      `link set dev ${host} master ${bridge} up`,
    ]);
    for (const line of [
      `address add ${subnet}.${last}/24 dev eth0`,
      'link set dev eth0 up',
      `route add default via ${subnet}.1`,
    ]) {
      await namespace.run(['ip', '-n', host, ...line.split(' ')]);
    }
  }
}

const SERVE = `import socket
server = socket.create_server(('192.168.10.29', 80))
server.settimeout(20)
caller, address = server.accept()
caller.sendall(('from ' + address[0]).encode())`;

/** Why no uplink can be tried here; undefined = it can. */
const noNetwork = address ? undefined : 'this machine has no network';

describe.each(['pasta', 'slirp4netns'] as const)('with %s', (tool) => {
  const absent = [tool, 'nft'].filter((program) => !findCommand(program));
  const lacking = absent.length > 0 ? `${absent.join(' and ')} not installed` : noNetwork;
  const online = testUnless(lacking);

  online("a client behind a bridge reaches the machine's network, and not its loopback", async () => {
    const namespace = await Namespace.ensure(stateDir);
    await network(namespace);
    expect(await ensureUplink(namespace, stateDir, [tool])).toEqual({ tool });
    const host = address ?? '';
    expect(await read(namespace, host, await listening(host))).toMatch(/^from \d/);
    const hidden = await listening('127.0.0.1');
    for (const gateway of ['10.0.2.2', '10.0.2.3', '10.0.2.100', host]) {
      await expect(read(namespace, gateway, hidden, 0.5)).rejects.toThrow(CommandError);
    }
  });

  online('servers see clients under their own addresses, and the kernel follows none of it', async () => {
    const namespace = await Namespace.ensure(stateDir);
    await network(namespace);
    await ensureUplink(namespace, stateDir, [tool]);
    const served = namespace.run(['ip', 'netns', 'exec', 'server1', 'python3', '-c', SERVE]);
    await namespace.run([
      'sh',
      '-c',
      'until ip netns exec server1 ss -Hltn | grep -q 192.168.10.29:80; do sleep 0.02; done',
    ]);
    expect(await read(namespace, '192.168.10.29', 80)).toBe('from 192.168.20.11');
    await served;
    const host = address ?? '';
    await read(namespace, host, await listening(host));
    const followed = await namespace.run(['cat', '/proc/net/nf_conntrack']);
    expect(followed).toContain(`src=192.168.20.11 dst=${host}`);
    expect(followed).not.toContain('192.168.10.29');
  });

  online(
    'it is found again by the next process of the node, and made again where it was killed',
    async () => {
      const namespace = await Namespace.ensure(stateDir);
      await ensureUplink(namespace, stateDir, [tool]);
      const first = recorded();
      expect(await ensureUplink(namespace, stateDir)).toEqual({ tool });
      expect(recorded()).toEqual(first);
      await endUplink(stateDir);
      expect(isAlive(first)).toBe(false);
      expect(await ensureUplink(namespace, stateDir, [tool])).toEqual({ tool });
      expect(isAlive(recorded())).toBe(true);
    },
  );
});

/** The program that runs; for moments pasta has a second process. */
function recorded(): ProcessIdentity {
  const text = readFileSync(join(stateDir, 'run', 'way-out.json'), 'utf8');
  return (JSON.parse(text) as { process: ProcessIdentity }).process;
}

test('without a program, or with one that refuses, the node has the reason and nothing is left', async () => {
  const namespace = await Namespace.ensure(stateDir);
  // Reported as well where the machine is online by no other means.
  const absent = ['not-there' as 'pasta'];
  const answer = await ensureUplink(namespace, stateDir, absent);
  expect(answer).toEqual({
    reason: expect.stringMatching(/not-there: not installed|no default IPv4 route|nft/),
  });
  expect(recorded).toThrow('ENOENT');
});

test("a guest is given the node's name servers only where it has an uplink and none of its own", async () => {
  const nameserver = (guestNameserver?: string) => {
    const network = new NoNetwork();
    const options = { stateDir, nodeName: 'pve', engine: new SimulatedEngine(), network, guestNameserver };
    return buildLocalNode(options).guests.nameserver();
  };
  expect(withNameserver(new Map(), nameserver()).get('nameserver')).toBeUndefined();
  expect(withNameserver(new Map(), nameserver('10.0.2.3')).get('nameserver')).toBe('10.0.2.3');
  const own = new Map([['nameserver', '192.0.2.7']]);
  expect(withNameserver(own, nameserver('10.0.2.3')).get('nameserver')).toBe('192.0.2.7');
  await writeStateFile(
    join(stateDir, 'etc', 'resolv.conf'),
    'nameserver 192.0.2.53\nnameserver 192.0.2.54\n',
  );
  expect(withNameserver(new Map(), nameserver('10.0.2.3')).get('nameserver')).toBe('192.0.2.53 192.0.2.54');
});
