import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Algorithms, Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { newPrivateKey, sshKeys } from '../../../local-node/ssh/keys';
import { type SshServer, startSshServer } from '../../../local-node/ssh/ssh-server';
import { identify, waitForEnd } from '../../../machine/processes';

let stateDir: string;
let server: SshServer;
let room: number;
const clients = new Set<Client>();

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'ssh-'));
  room = Number.POSITIVE_INFINITY;
  mkdirSync(join(stateDir, 'storage', 'snippets'), { recursive: true });
  server = await startSshServer({
    keys: await sshKeys(stateDir, join(stateDir, 'ssh/host_ecdsa')),
    port: 0,
    sftpRoot: join(stateDir, 'storage'),
    sftpShown: '/run/pve-storage',
    requireSpace: async (bytes) => {
      if (bytes > room) throw new Error('not enough space');
    },
    enter: (argv) => [...argv],
  });
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  clients.clear();
  await server.close();
  rmSync(stateDir, { recursive: true, force: true });
});

async function connect(change: ConnectConfig = {}): Promise<Client> {
  const { clientKeyFile } = await sshKeys(stateDir, join(stateDir, 'ssh/host_ecdsa'));
  const client = new Client();
  clients.add(client);
  await new Promise((resolve, reject) => {
    client.once('ready', () => resolve(undefined)).once('error', reject);
    client.connect({
      host: '127.0.0.1',
      port: server.port,
      username: 'root',
      privateKey: readFileSync(clientKeyFile),
      ...change,
    });
    client.setNoDelay(true);
  });
  return client;
}

interface Result {
  readonly code: number | null;
  readonly signal?: string;
  readonly out: Buffer;
  readonly err: string;
}

async function exec(client: Client, command: string, input: string | Buffer = ''): Promise<Result> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const out: Buffer[] = [];
      let err = '';
      channel.on('data', (chunk: Buffer) => out.push(chunk));
      channel.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
      });
      channel.on('close', (code: number | null, signal?: string) =>
        resolve({ code, signal, out: Buffer.concat(out), err }),
      );
      channel.end(input);
    });
  });
}

test('a command gets its input, and its output, errors and exit code come back', async () => {
  const client = await connect();
  const result = await exec(client, 'tr a-z A-Z; echo trouble >&2; exit 3', 'text');
  expect(result).toMatchObject({ code: 3, err: 'trouble\n' });
  expect(result.out.toString()).toBe('TEXT');
});

test('megabytes pass unchanged in both directions', async () => {
  const client = await connect();
  const input = Buffer.alloc(3_000_001, 'lab');
  const result = await exec(client, 'cat', input);
  expect(result.out.equals(input)).toBe(true);
});

test('a command that ends while its client holds the input open is over', async () => {
  const client = await connect();
  const code = await new Promise((resolve, reject) => {
    client.exec('echo done; echo well >&2; exit 4', (error, channel) => {
      if (error) return reject(error);
      channel.resume().on('close', resolve);
      channel.stderr.resume();
    });
  });
  expect(code).toBe(4);
});

test('commands of one connection run side by side', async () => {
  const client = await connect();
  const results = await Promise.all([1, 2, 3].map((number) => exec(client, `echo ${number}`)));
  expect(results.map(({ out }) => out.toString())).toEqual(['1\n', '2\n', '3\n']);
});

test("a command sees nothing of the node's own environment", async () => {
  process.env.LAB_TEST_SECRET = 'secret';
  try {
    const { out } = await exec(await connect(), 'env');
    expect(out.toString()).not.toContain('LAB_TEST_SECRET');
    expect(out.toString()).toContain(':/usr/local/sbin');
  } finally {
    delete process.env.LAB_TEST_SECRET;
  }
});

test('a signal that ends the command is told', async () => {
  expect(await exec(await connect(), 'kill -TERM $$')).toMatchObject({ signal: 'SIGTERM' });
});

test('closing the channel ends the command with all that it has started', async () => {
  const client = await connect();
  const pids = await new Promise<number[]>((resolve, reject) => {
    client.exec('sleep 1000 & echo $$ $!; wait', (error, channel) => {
      if (error) return reject(error);
      channel.once('data', (chunk: Buffer) => {
        channel.close();
        resolve(chunk.toString().trim().split(' ').map(Number));
      });
    });
  });
  expect(pids).toHaveLength(2);
  for (const pid of pids) {
    const identity = identify(pid);
    expect(identity === undefined || (await waitForEnd(identity, 10_000))).toBe(true);
  }
});

test.each([
  ['another key', { privateKey: newPrivateKey() }],
  ['another user', { username: 'nobody' }],
  ['a password', { privateKey: undefined, password: 'guess' }],
])('%s does not let in', async (_what, change) => {
  await expect(connect(change)).rejects.toThrow(/authentication methods failed/);
});

test.each([
  ['hmac-sha1', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }],
  ['hmac-sha1-etm@openssh.com', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1-etm@openssh.com'] }],
  ['diffie-hellman-group14-sha1', { kex: ['diffie-hellman-group14-sha1'] }],
  ['ssh-rsa', { serverHostKey: ['ssh-rsa'] }],
] as const)('a client that knows nothing but %s is refused', async (_, algorithms) => {
  await expect(connect({ algorithms: algorithms as unknown as Algorithms })).rejects.toThrow(/no matching/);
  await connect({ algorithms: { cipher: ['aes128-ctr'], hmac: ['hmac-sha2-256'] } });
});

test('keys are made once, for the owner alone, and the fingerprint is that of the host key', async () => {
  const keys = await sshKeys(stateDir, join(stateDir, 'ssh/host_ecdsa'));
  expect(await sshKeys(stateDir, join(stateDir, 'ssh/host_ecdsa'))).toMatchObject({
    hostKey: keys.hostKey,
    hostKeySha256: keys.hostKeySha256,
  });
  expect(statSync(keys.clientKeyFile).mode & 0o777).toBe(0o600);
  let fingerprint = '';
  await connect({
    hostHash: 'sha256',
    hostVerifier: (hash: string) => {
      fingerprint = Buffer.from(hash, 'hex').toString('base64').replace(/=+$/, '');
      return true;
    },
  });
  expect(fingerprint).toBe(keys.hostKeySha256);
});

describe('SFTP', () => {
  let sftp: SFTPWrapper;
  const at = (name: string) => join(stateDir, 'storage', name);

  beforeEach(async () => {
    const client = await connect();
    sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper)));
    });
  });

  const call = <T>(work: (done: (error?: Error | null, result?: T) => void) => unknown) =>
    promisify((done: (error?: Error | null, result?: T) => void) => void work(done))();

  test('files are written, read, looked at, moved and removed', async () => {
    const content = Buffer.alloc(700_000, 'snippet');
    await call((done) => sftp.writeFile(at('snippets/a.yaml'), content, done));
    expect(readFileSync(at('snippets/a.yaml')).equals(content)).toBe(true);
    const read = await call<Buffer>((done) => sftp.readFile(at('snippets/a.yaml'), done));
    expect(read?.equals(content)).toBe(true);
    const stats = await call<{ size: number }>((done) => sftp.stat(at('snippets/a.yaml'), done));
    expect(stats?.size).toBe(content.length);
    await call((done) => sftp.rename(at('snippets/a.yaml'), at('snippets/b.yaml'), done));
    const list = await call<{ filename: string }[]>((done) => sftp.readdir(at('snippets'), done));
    expect(list?.map(({ filename }) => filename)).toEqual(['b.yaml']);
    await call((done) => sftp.unlink(at('snippets/b.yaml'), done));
    await expect(call((done) => sftp.stat(at('snippets/b.yaml'), done))).rejects.toMatchObject({ code: 2 });
  });

  describe('an import image that a disk stands on', () => {
    const image = () => at('local/import/a.qcow2');
    const base = () => at('local-lvm/images/100/disk-0.base');
    const status = (work: (done: (error?: Error | null) => void) => unknown) =>
      call(work).then(
        () => 0,
        (fault: { code: number }) => fault.code,
      );

    beforeEach(() => {
      for (const path of [image(), base()]) mkdirSync(dirname(path), { recursive: true });
      writeFileSync(image(), 'image');
      linkSync(image(), base());
      linkSync(image(), at('snippets/linked'));
    });

    test('is not written in place, cut off or grown, by any of its names', async () => {
      for (const path of [image(), base(), at('snippets/linked')]) {
        expect(await status((done) => sftp.open(path, 'r+', done))).toBe(3);
        expect(await status((done) => sftp.open(path, 'a', done))).toBe(3);
        expect(await status((done) => sftp.setstat(path, { size: 1 }, done))).toBe(3);
        expect(await status((done) => sftp.chmod(path, 0o600, done))).toBe(0);
      }
      expect(readFileSync(base(), 'utf8')).toBe('image');
    });

    test('is replaced as a whole, and the disk keeps what it stands on', async () => {
      for (const path of [image(), at('snippets/linked')]) {
        const handle = await call<Buffer>((done) => sftp.open(path, 'w', done));
        await call((done) => sftp.write(handle as Buffer, Buffer.from('another'), 0, 7, 0, done));
        expect(readFileSync(path, 'utf8')).toBe('image');
        await call((done) => sftp.fsetstat(handle as Buffer, { size: 6, mode: 0o640 }, done));
        await call((done) => sftp.close(handle as Buffer, done));
        expect(readFileSync(path, 'utf8')).toBe('anothe');
        expect(readdirSync(dirname(path))).toEqual([basename(path)]);
      }
      expect(readFileSync(base(), 'utf8')).toBe('image');
    });

    test("has its disk's own name for itself: that is neither written, moved, replaced nor removed", async () => {
      rmSync(image());
      rmSync(at('snippets/linked'));
      writeFileSync(at('snippets/new'), 'new');
      expect(await status((done) => sftp.open(base(), 'w', done))).toBe(3);
      expect(await status((done) => sftp.setstat(base(), { size: 1 }, done))).toBe(3);
      expect(await status((done) => sftp.rename(base(), at('snippets/x'), done))).toBe(3);
      expect(await status((done) => sftp.rename(at('snippets/new'), base(), done))).toBe(3);
      expect(await status((done) => sftp.unlink(base(), done))).toBe(3);
      expect(readFileSync(base(), 'utf8')).toBe('image');
    });

    test('may come to be under a file that is open: then it is written no more', async () => {
      const handle = (await call<Buffer>((done) => sftp.open(at('snippets/new'), 'w', done))) as Buffer;
      const write = () => status((done) => sftp.write(handle, Buffer.from('x'), 0, 1, 0, done));
      expect(await write()).toBe(0);
      linkSync(at('snippets/new'), at('local-lvm/images/100/disk-1.base'));
      expect(await write()).toBe(3);
      expect(await status((done) => sftp.fsetstat(handle, { size: 0 }, done))).toBe(3);
    });

    test('is not there before it is whole, and a client that goes away leaves nothing', async () => {
      const path = at('local/import/new.qcow2');
      const handle = (await call<Buffer>((done) => sftp.open(path, 'wx', done))) as Buffer;
      await call((done) => sftp.write(handle, Buffer.from('half'), 0, 4, 0, done));
      expect(existsSync(path)).toBe(false);
      const gone = new Promise((resolve) => sftp.once('close', resolve));
      sftp.end();
      await gone;
      while (readdirSync(dirname(path)).length > 1) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(readdirSync(dirname(path))).toEqual(['a.qcow2']);
    });
  });

  test('a file for which there is no room is refused, at its beginning or as it grows', async () => {
    mkdirSync(at('local/import'), { recursive: true });
    writeFileSync(at('local/import/a.qcow2'), 'image');
    room = 0;
    const grown = call((done) => sftp.writeFile(at('snippets/large'), Buffer.alloc(6 * 2 ** 20), done));
    await expect(grown).rejects.toThrow(/not enough space/);
    const image = call((done) => sftp.writeFile(at('local/import/a.qcow2'), Buffer.alloc(6 * 2 ** 20), done));
    await expect(image).rejects.toThrow(/not enough space/);
    while (readdirSync(at('local/import')).length > 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readFileSync(at('local/import/a.qcow2'), 'utf8')).toBe('image');
    expect(statSync(at('snippets/large')).size).toBeLessThan(5 * 2 ** 20);
    room = -1;
    const begun = call((done) => sftp.writeFile(at('snippets/other'), '', done));
    await expect(begun).rejects.toThrow(/not enough space/);
  });

  test('nothing outside the storage can be reached, by path or by link', async () => {
    writeFileSync(join(stateDir, 'secret'), 'secret');
    symlinkSync(stateDir, at('out'));
    symlinkSync(join(stateDir, 'secret'), at('link'));
    for (const path of ['/etc/passwd', at('../secret'), at('out/secret'), at('link')]) {
      await expect(call((done) => sftp.readFile(path, done))).rejects.toMatchObject({ code: 3 });
      await expect(call((done) => sftp.writeFile(path, 'x', done))).rejects.toMatchObject({ code: 3 });
    }
    expect(readFileSync(join(stateDir, 'secret'), 'utf8')).toBe('secret');
  });

  test('the path asked for first is the storage, as clients know it, and leads to the same files', async () => {
    expect(await call<string>((done) => sftp.realpath('.', done))).toBe('/run/pve-storage');
    await call((done) => sftp.writeFile('/run/pve-storage/snippets/shown', 'text', done));
    expect(readFileSync(at('snippets/shown'), 'utf8')).toBe('text');
  });
});
