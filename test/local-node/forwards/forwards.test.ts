import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { forwardNote } from '../../../config/application-address';
import { emptyConfig } from '../../../local-node/formats/guest-config';
import { parseOptions } from '../../../local-node/formats/option-values';
import { dial } from '../../../local-node/forwards/dial';
import { Forwards } from '../../../local-node/forwards/forwards';
import { containerEnd, machineEnd } from '../../../local-node/forwards/guest-forward';
import type { GuestStore } from '../../../local-node/guests/guest-store';
import { Namespace } from '../../../local-node/namespace/namespace';
import { LoopbackForward, MOST_CONNECTIONS } from '../../../machine/loopback-forward';

/** A server in the namespace that sends back what it gets, in capitals, and ends when the client does. */
const SERVER = `import socket
server = socket.create_server(('192.168.10.29', 80))
print('listening', flush=True)
while True:
    client, _ = server.accept()
    while data := client.recv(65536):
        client.sendall(data.upper())
    client.close()
`;

let stateDir: string;
let namespace: Namespace;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'forwards-'));
  namespace = await Namespace.ensure(stateDir);
  await namespace.ip([
    'link add vmbr10 type bridge',
    'addr add 192.168.10.29/24 dev vmbr10',
    'link set vmbr10 up',
  ]);
  const wait =
    'python3 -c "$1" </dev/null >/run/said 2>&1 & until grep -q listening /run/said; do sleep 0.1; done';
  await namespace.run(['sh', '-c', wait, 'sh', SERVER]);
});
afterAll(async () => {
  await Namespace.remove(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
});

/** All that comes until the other side ends. */
function said(port: number, words: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end(words));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', () => {}).on('close', () => resolve(text));
  });
}

const MACHINE = { ipconfig0: 'ip=192.168.10.29/24', net0: 'virtio=02:4C:00:00:00:81,bridge=vmbr10' };
const CONTAINER = { net0: 'name=eth0,bridge=vmbr10,ip=192.168.10.29/24' };

/** Virtual machines, and containers beside them: descriptions by vmid. */
function service(
  machines: Map<number, string>,
  running: Set<number>,
  containers = new Map<number, string>(),
) {
  mkdirSync(join(stateDir, 'run'), { recursive: true });
  const store = (
    guests: Map<number, string>,
    options: Readonly<Record<string, string>>,
    parse: typeof parseOptions,
  ): Pick<GuestStore, 'vmids' | 'find'> => ({
    vmids: () => [...guests.keys()],
    find: (vmid) => emptyConfig(parse(Object.entries({ description: guests.get(vmid) ?? '', ...options }))),
  });
  const engine = { isRunning: (vmid: number) => running.has(vmid) };
  return new Forwards({
    stateDir,
    kinds: [
      { store: store(machines, MACHINE, parseOptions), engine, end: machineEnd },
      { store: store(containers, CONTAINER, (texts) => new Map(texts)), engine, end: containerEnd },
    ],
    network: {
      applied: () =>
        [{ name: 'vmbr10', type: 'bridge', autostart: true, cidr: '192.168.10.1/24', ports: [] }] as never,
    },
    logger: pino({ level: 'silent' }),
    dial: (address, port) => dial(namespace, address, port),
  });
}

test("a guest's port answers on loopback for as long as it runs, and is gone afterwards", async () => {
  const running = new Set([57_129 % 10_000]);
  const forwards = service(new Map([[7129, forwardNote(57_129, 80)]]), running);
  await forwards.look();
  expect(Forwards.read(stateDir)).toEqual([{ vmid: 7129, local: 57_129 }]);
  const long = 'bytes of a page '.repeat(100_000);
  expect(await said(57_129, long)).toBe(long.toUpperCase());
  running.clear();
  await forwards.look();
  expect(await said(57_129, 'x')).toBe('');
  expect(Forwards.read(stateDir)).toEqual([]);
  await forwards.close();
});

test('a port that another program has is named, and taken as soon as it is free', async () => {
  const other = createServer().listen(57_130, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const forwards = service(new Map([[7130, forwardNote(57_130, 80)]]), new Set([7130]));
  await forwards.look();
  expect(Forwards.read(stateDir)).toEqual([
    { vmid: 7130, local: 57_130, fault: 'port 57130 on 127.0.0.1 is in use by another program' },
  ]);
  await new Promise((resolve) => other.close(resolve));
  await forwards.look();
  expect(Forwards.read(stateDir)).toEqual([{ vmid: 7130, local: 57_130 }]);
  expect(await said(57_130, 'free')).toBe('FREE');
  await forwards.close();
});

test('of two guests with one address only one is forwarded', async () => {
  const guests = new Map([7131, 7132].map((vmid) => [vmid, forwardNote(50_000 + vmid, 80)] as const));
  const forwards = service(guests, new Set(guests.keys()));
  await forwards.look();
  expect(Forwards.read(stateDir)).toEqual([
    { vmid: 7131, local: 57_131 },
    { vmid: 7132, fault: 'guest 7131 has the same address' },
  ]);
  await forwards.close();
});

test("a container's port answers beside those of virtual machines", async () => {
  const forwards = service(new Map(), new Set([7133]), new Map([[7133, forwardNote(57_133, 80)]]));
  await forwards.look();
  expect(Forwards.read(stateDir)).toEqual([{ vmid: 7133, local: 57_133 }]);
  expect(await said(57_133, 'a page')).toBe('A PAGE');
  await forwards.close();
});

test('who is slower holds the other back, and nothing piles up between them', async () => {
  const endless = new PassThrough({ highWaterMark: 1024 });
  const forward = await LoopbackForward.listen(0, async () => endless);
  const reader = connect({ port: forward.port, host: '127.0.0.1' });
  await new Promise((resolve) => reader.once('connect', resolve));
  reader.pause();
  const chunk = Buffer.alloc(65_536);
  let written = 0;
  // Until nobody takes any more: the kernel's buffers hold some megabytes.
  for (let idle = 0; idle < 200 && written < 2 ** 28; ) {
    if (endless.writableNeedDrain) idle += 1;
    else {
      endless.write(chunk);
      written += chunk.length;
      idle = 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(written).toBeLessThan(2 ** 26);
  reader.destroy();
  await forward.close();
});

test('more connections than a guest may have are closed at once, and idle ones after a while', async () => {
  const forward = await LoopbackForward.listen(0, async () => new PassThrough(), { idle: 300 });
  const sockets: Socket[] = Array.from({ length: MOST_CONNECTIONS + 1 }, () =>
    connect({ port: forward.port, host: '127.0.0.1' })
      .on('error', () => {})
      .resume(),
  );
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  await forward.close();
  expect(sockets.filter((socket) => socket.bytesRead > 0)).toEqual([]);
});
