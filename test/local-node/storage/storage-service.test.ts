import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoNetwork } from '../../../local-node/base/node-network';
import { SimulatedEngine } from '../../../local-node/engine/simulated/simulated-engine';
import { formatStorageConfig, parseStorageConfig } from '../../../local-node/formats/storage-config';
import { buildLocalNode, type LocalNode } from '../../../local-node/node';
import { urlMetadata } from '../../../local-node/storage/download';
import type { Checksum } from '../../../local-node/storage/file-intake';

const ROOT = { userId: 'root@pam' };
const BYTES = Buffer.from('an image of no system at all');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

let stateDir: string;
let node: LocalNode;
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/moved.iso') response.writeHead(302, { location: '/disk.iso' }).end();
    else if (request.url === '/cut.iso') {
      response.writeHead(200, { 'content-length': BYTES.length + 10 });
      response.write(BYTES, () => response.destroy());
    } else if (request.url === '/closed.iso') {
      // More than fits in the buffers of a reader that is slower than the network.
      response.writeHead(200, { 'content-length': 4 * 2 ** 20, connection: 'close' });
      response.write(Buffer.alloc(192 * 1024), () => response.socket?.end());
    } else if (request.url === '/huge.iso') {
      response.writeHead(200, { 'content-length': 1e18 });
      response.write(BYTES);
    } else if (request.url === '/unknown-length.iso') {
      response.writeHead(200);
      response.write(Buffer.alloc(8 * 2 ** 20));
    } else if (request.url === '/disk.iso') {
      response.writeHead(200, {
        'content-type': 'application/x-iso9660-image',
        'content-length': BYTES.length,
      });
      response.end(request.method === 'HEAD' ? undefined : BYTES);
    } else response.writeHead(404, 'File not found').end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'storage-service-'));
  node = buildLocalNode({
    stateDir,
    nodeName: 'pve',
    engine: new SimulatedEngine(),
    network: new NoNetwork(),
  });
  await node.start();
});

afterEach(async () => {
  await node.close();
  rmSync(stateDir, { recursive: true, force: true });
});

async function download(
  path: string,
  checksum?: Checksum,
  fileName = 'disk.iso',
): Promise<string | undefined> {
  const content = fileName.endsWith('.iso') ? 'iso' : 'import';
  const target = node.storage.intake.target('local', content, fileName, 'download');
  const source = { url: `${url}${path}`, verifyCertificates: true, ...(checksum ? { checksum } : {}) };
  const upid = node.tasks.run('download', fileName, ROOT, (task) =>
    node.storage.intake.download(target, source, task),
  );
  return (await node.tasks.wait(upid, 30)).exitStatus;
}

const isoFiles = () => readdirSync(join(stateDir, 'storage/local/template/iso'));

test('a download is checked, named and listed', async () => {
  expect(await download('/moved.iso', { algorithm: 'sha256', value: SHA256.toUpperCase() })).toBe('OK');
  expect(await node.storage.content('local', { content: 'iso' })).toEqual([
    expect.objectContaining({ volid: 'local:iso/disk.iso', format: 'iso', size: BYTES.length }),
  ]);
  expect(await download('/disk.iso', { algorithm: 'sha256', value: SHA256 })).toBe('OK');
  expect(await download('/disk.iso')).toMatch(/^refusing to override existing file '.*disk.iso'$/);
});

test.each([
  ['a wrong checksum', '/disk.iso', { algorithm: 'sha256', value: '00' }, /^checksum mismatch: got '/],
  ['a file that is not there', '/absent.iso', undefined, /^download failed: exit code 8$/],
  ['a connection that breaks', '/cut.iso', undefined, /./],
  ['a server that closes after a part', '/closed.iso', undefined, /./],
  [
    'a file larger than the disk',
    '/huge.iso',
    undefined,
    /^not enough space on storage 'local' for 'local:iso/,
  ],
])('%s fails the download and leaves nothing', async (_what, path, checksum, expected) => {
  const exit = await download(path, checksum);
  expect(exit).toMatch(expected);
  expect(exit).not.toBe('OK');
  expect(isoFiles()).toEqual([]);
});

test('an address at which nothing listens is told as such', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => {
    closed.listen(0, '127.0.0.1', resolve);
  });
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const place = `127.0.0.1:${port}`;

  const target = node.storage.intake.target('local', 'iso', 'x.iso', 'download');
  const source = { url: `http://${place}/x.iso`, verifyCertificates: true };
  const upid = node.tasks.run('download', 'x.iso', ROOT, (task) =>
    node.storage.intake.download(target, source, task),
  );
  const { exitStatus } = await node.tasks.wait(upid, 30);
  expect(exitStatus).toBe(`download failed: Connecting to ${place}... failed: Connection refused.`);
  await expect(urlMetadata(`http://${place}/x.iso`, true)).rejects.toThrow(
    `invalid server response: '500 Can't connect to ${place} (Connection refused)'`,
  );
  expect(isoFiles()).toEqual([]);
});

test('a file that only says it is qcow2 is not taken as an import image', async () => {
  expect(await download('/disk.iso', undefined, 'fake.qcow2')).toMatch(
    /^failed to verify file: qemu-img: .* Image is not in qcow2 format$/,
  );
});

test('a download of unknown length is given up when it no longer has room', async () => {
  const { requireSpace } = node.storage;
  let asked = 0;
  node.storage.requireSpace = async (storage, bytes, what) => {
    asked += 1;
    await requireSpace.call(node.storage, storage, asked === 1 ? bytes : Number.MAX_SAFE_INTEGER, what);
  };
  expect(await download('/unknown-length.iso')).toMatch(/^not enough space on storage 'local'/);
  expect(asked).toBe(2);
  expect(isoFiles()).toEqual([]);
});

test('an upload gets a safe name and replaces the file of that name', async () => {
  for (const text of ['first', 'second']) {
    const path = join(stateDir, 'uploaded');
    writeFileSync(path, text);
    const target = node.storage.intake.target('local', 'iso', '../my file.iso', 'upload');
    const worker = await node.storage.intake.upload(
      target,
      { path, fileName: 'x', bytes: text.length },
      undefined,
    );
    const upid = node.tasks.run('imgcopy', '', ROOT, worker);
    expect((await node.tasks.wait(upid, 30)).exitStatus).toBe('OK');
  }
  expect(isoFiles()).toEqual(['my_file.iso']);
  expect(readFileSync(join(stateDir, 'storage/local/template/iso/my_file.iso'), 'utf8')).toBe('second');
});

test('an upload reaches a storage on another file system, and leaves nothing there if it fails', async () => {
  const elsewhere = mkdtempSync('/dev/shm/upload-');
  try {
    expect(statSync(elsewhere).dev).not.toBe(statSync(stateDir).dev);
    const path = join(elsewhere, 'file');
    writeFileSync(path, 'an image');
    const file = { path, fileName: 'x', bytes: 8 };
    const target = node.storage.intake.target('local', 'iso', 'far.iso', 'upload');
    const upid = node.tasks.run(
      'imgcopy',
      '',
      ROOT,
      await node.storage.intake.upload(target, file, undefined),
    );
    expect((await node.tasks.wait(upid, 30)).exitStatus).toBe('OK');
    expect(readFileSync(target.path, 'utf8')).toBe('an image');

    const tooLarge = { ...file, bytes: 1e18 };
    await expect(node.storage.intake.upload(target, tooLarge, undefined)).rejects.toThrow(/not enough space/);
    expect(isoFiles()).toEqual(['far.iso']);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});

test.each([
  ['local:iso/../../secret.iso', 'unable to parse directory volume name'],
  ['local:iso/x.txt', 'unable to parse directory volume name'],
  ['garbage', "unable to parse volume ID 'garbage'"],
  ['nosuch:iso/x.iso', "storage 'nosuch' does not exist"],
])('the volume id %s is refused', (volid, message) => {
  expect(() => node.storage.volume(volid)).toThrow(message);
});

test('the directory of a kind goes with its last file, and comes back at the next use of the storage', async () => {
  expect(await download('/disk.iso')).toBe('OK');
  const remove = () => node.storage.free(node.storage.volume('local:iso/disk.iso'), () => undefined);
  const iso = join(stateDir, 'storage/local/template/iso');
  for (const use of [
    () => node.storage.content('local', {}),
    () => node.storage.usage(node.storage.get('local')),
    () => node.rrd.sample(),
    () => download('/moved.iso'),
  ]) {
    await remove();
    expect(existsSync(iso)).toBe(false);
    await use();
    expect(existsSync(iso)).toBe(true);
    await download('/disk.iso');
  }
});

test('storage.cfg is kept in the format of Proxmox VE', () => {
  const text = readFileSync(join(stateDir, 'etc/pve/storage.cfg'), 'utf8');
  expect(text).toContain(`dir: local-lvm\n\tpath ${stateDir}/storage/local-lvm\n\tcontent images,rootdir\n`);
  expect(formatStorageConfig(parseStorageConfig(text))).toBe(text);
  expect(() => parseStorageConfig('lvm: fast\n\tvgname x\n')).toThrow('storage.cfg line 1');
});
