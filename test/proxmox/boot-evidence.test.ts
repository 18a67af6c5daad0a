import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { inflateSync } from 'node:zlib';
import type { Target } from '../../config/target';
import { type ApiServer, listen } from '../../local-node/api/server';
import { ApiClient } from '../../proxmox/api-client';
import { keepEvidence } from '../../proxmox/boot-evidence';
import { rfbPicture } from '../../proxmox/console/rfb-picture';
import { GuestNotReadyError } from '../../proxmox/guest-not-ready';
import { waitUntilReady } from '../../proxmox/readiness';
import { callApi, PASSWORD, startTestNode, type TestNode } from '../local-node/test-node';
import { bytes, CHALLENGE, serveVnc, type VncServerOptions } from './vnc-server';

const GUEST = {
  name: 'wordpress',
  role: 'wordpress',
  kind: 'vm' as const,
  vmid: 129,
  address: '192.168.10.29',
  node: 'pve',
};

let lab: TestNode;
let server: ApiServer;
let client: ApiClient;
let logs: string;
let directory: string;

beforeAll(async () => {
  lab = await startTestNode({ rootPassword: PASSWORD });
  server = await listen(lab.node, { port: 0 });
  await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '129', name: 'wordpress', memory: '64' });
  logs = mkdtempSync(join(tmpdir(), 'serial-'));
  const target: Target = {
    kind: 'local',
    endpoint: server.endpoint,
    nodeName: 'pve',
    credentials: { kind: 'token', token: lab.token },
    insecure: true,
    serialLogs: logs,
    ssh: { host: '127.0.0.1', port: 1, username: 'root' },
  };
  client = new ApiClient(target);
});
beforeEach(() => {
  directory = join(logs, 'kept');
  rmSync(directory, { recursive: true, force: true });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await client.close();
  await server.close();
  await lab.close();
  rmSync(logs, { recursive: true, force: true });
});

function withScreen(options: VncServerOptions = {}): void {
  jest.spyOn(lab.node.engine, 'screen').mockImplementation(async () => {
    const [near, far] = duplexPair();
    void serveVnc(far, options);
    return near;
  });
}

/** Width, height and pixels of a PNG whose lines have no filter. */
function pixels(png: Buffer): readonly [number, number, readonly (readonly number[])[]] {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const data = png.indexOf('IDAT');
  const lines = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  const stride = 1 + 3 * width;
  return [
    width,
    height,
    Array.from({ length: height }, (_, y) => [...lines.subarray(y * stride, (y + 1) * stride)]),
  ];
}

test("a guest that does not become ready leaves its screen and its console's end beside the log, and its error names them", async () => {
  withScreen({ first: 'old' });
  await client.wait(await client.post<string>('nodes/pve/qemu/129/status/start'));
  writeFileSync(join(logs, 'console-129.log'), 'Kernel panic - not syncing: no init found\r\n');
  const error: unknown = await waitUntilReady(client, GUEST, {
    timeoutSeconds: 0,
    requireApplication: true,
    evidence: directory,
  }).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(GuestNotReadyError);
  const { message } = error as GuestNotReadyError;
  const screen = join(directory, 'wordpress-129-screen.png');
  const serial = join(directory, 'wordpress-129-serial.log');
  expect(message).toContain(`\nits screen: ${screen}\nthe end of its serial console: ${serial}`);
  expect(readFileSync(serial, 'utf8')).toBe('Kernel panic - not syncing: no init found\n');
  const [red, blue] = [Array(4).fill([255, 0, 0]).flat(), Array(4).fill([0, 0, 255]).flat()];
  expect(pixels(readFileSync(screen))).toEqual([
    4,
    2,
    [
      [0, ...red],
      [0, ...blue],
    ],
  ]);
  for (const file of [screen, serial]) expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('of a guest that has stopped the console is kept, and no screen is asked for', async () => {
  const screen = jest.spyOn(lab.node.engine, 'screen');
  writeFileSync(join(logs, 'console-129.log'), 'Out of memory\n');
  const kept = await keepEvidence(client, GUEST, { directory, running: false });
  expect(kept).toEqual([`the end of its serial console: ${join(directory, 'wordpress-129-serial.log')}`]);
  expect(screen).not.toHaveBeenCalled();
});

test('what cannot be kept is said in its place, and what an earlier failure left is gone', async () => {
  withScreen();
  writeFileSync(join(logs, 'console-129.log'), 'first\n');
  await keepEvidence(client, GUEST, { directory, running: true });
  expect(readdirSync(directory)).toEqual(['wordpress-129-screen.png', 'wordpress-129-serial.log']);
  jest.restoreAllMocks();
  rmSync(join(logs, 'console-129.log'));
  const kept = await keepEvidence(client, GUEST, { directory, running: true });
  expect(kept[0]).toBe('its screen could not be kept: its console closed the connection');
  expect(kept[1]).toMatch(/^the end of its serial console could not be kept: ENOENT/);
  expect(readdirSync(directory)).toEqual([]);
});

test('of a long console the last lines are kept, without what a terminal obeys', async () => {
  const long = `${'x'.repeat(200_000)}\n${Array.from({ length: 400 }, (_, line) => `line ${line}\r\n`).join('')}`;
  const end =
    '\u001b[0;32m[  OK  ]\u001b[0m Started\u0007 it\r10 %\r\r\nt\u00fcr\u001b]0;title\u0007\u0000\n';
  writeFileSync(join(logs, 'console-129.log'), long + end);
  await keepEvidence(client, GUEST, { directory, running: false });
  const lines = readFileSync(join(directory, 'wordpress-129-serial.log'), 'utf8').split('\n');
  expect(lines).toHaveLength(301);
  expect(lines.slice(-5)).toEqual(['line 399', '[  OK  ] Started it', '10 %', 't\u00fcr', '']);
});

describe('a picture of a VNC server', () => {
  const noPause = async () => undefined;

  /** The far end's answer to the password letmein8, of OpenSSL's own DES. */
  const answer = Buffer.from('081f1f78e0282345f9c1cfcf6ae07753', 'hex');

  async function picture(password: string, options: VncServerOptions) {
    const [near, far] = duplexPair();
    void serveVnc(far, options);
    return rfbPicture({ read: bytes(near), write: (sent) => near.write(sent) }, password, noPause);
  }

  test('is had with the password, and without it the reason is told', async () => {
    expect(CHALLENGE).toHaveLength(16);
    await expect(picture('letmein8', { answer })).resolves.toMatchObject({ width: 4, height: 2 });
    await expect(picture('letmein9', { answer })).rejects.toThrow('Authentication failed');
  });

  test.each([
    [65535, 65535],
    [0, 400],
  ])('of %d x %d pixels is not taken', async (...size) => {
    await expect(picture('letmein8', { size })).rejects.toThrow(`a screen of ${size[0]} x ${size[1]} pixels`);
  });
});
