import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import ssh2, { type Connection, type Server } from 'ssh2';
import type { SshTarget } from '../../config/target';
import { lookUp } from '../../proxmox/known-hosts';
import { NodeShell, quote, ShellConnectionError } from '../../proxmox/node-shell';

jest.setTimeout(30_000);

describe('the shell of a node', () => {
  const directory = mkdtempSync(join(tmpdir(), 'shell-'));
  let server: Server;
  let target: SshTarget;
  const connections = new Set<Connection>();

  beforeAll(async () => {
    for (const name of ['host', 'login', 'other']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)]);
    }
    const allowed = readFileSync(join(directory, 'login.pub'), 'utf8').split(' ')[1];
    server = new ssh2.Server({ hostKeys: [readFileSync(join(directory, 'host'))] }, (connection) => {
      connections.add(connection);
      // As sshd does; the types of ssh2 do not know it.
      (connection as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true);
      connection.on('close', () => connections.delete(connection));
      connection.on('error', () => {});
      connection.on('authentication', (login) => {
        const known = login.method === 'publickey' && login.key.data.toString('base64') === allowed;
        known ? login.accept() : login.reject(['publickey']);
      });
      connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
        if (destIP !== '192.168.10.29') return reject();
        const channel = accept();
        channel.end(`port ${destPort}`);
      });
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, info) => {
          const channel = acceptExec();
          const child = spawn('/bin/sh', ['-c', `exec ${info.command}`]); // so that a kill reaches the command itself
          channel.pipe(child.stdin);
          child.stdin.on('error', () => {});
          child.stdout.pipe(channel, { end: false });
          child.stderr.pipe(channel.stderr, { end: false });
          channel.on('close', () => child.kill());
          child.on('close', (code) => {
            channel.exit(code ?? 1);
            channel.close();
          });
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const hostKey = Buffer.from(
      readFileSync(join(directory, 'host.pub'), 'utf8').split(' ')[1] ?? '',
      'base64',
    );
    target = {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      username: 'root',
      privateKeyFile: join(directory, 'login'),
      hostKeySha256: createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, ''),
    };
  });

  afterAll(async () => {
    for (const connection of connections) connection.end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(directory, { recursive: true });
  });

  async function withShell<T>(use: (shell: NodeShell) => Promise<T>): Promise<T> {
    const shell = await NodeShell.connect(target);
    try {
      return await use(shell);
    } finally {
      shell.close();
    }
  }

  it('connects through the node to an address that the node reaches, and says why it cannot', async () => {
    const shell = await NodeShell.connect(target);
    const stream = await shell.dial('192.168.10.29', 80);
    expect(await text(stream)).toBe('port 80');
    await expect(shell.dial('192.168.10.30', 80)).rejects.toThrow(ShellConnectionError);
    shell.close();
    await shell.closed;
  });

  it('hands every argument over as it is, whatever stands in it', async () => {
    const words = [
      'a b',
      "it's",
      '$(id)',
      '`id`',
      '"',
      '\\',
      '',
      '*',
      'two\nlines',
      '-n',
      '~',
      'ü',
      '; false',
    ];
    const { stdout } = await withShell((shell) => shell.run(['printf', '[%s]', ...words]));
    expect(stdout).toBe(words.map((word) => `[${word}]`).join(''));
  });

  it('gives exit code, both outputs and standard input', async () => {
    await withShell(async (shell) => {
      const echoed = await shell.run(['cat'], { stdin: 'through\n' });
      expect(echoed).toEqual({ stdout: 'through\n', stderr: '', code: 0 });
      const failed = await shell.run(['sh', '-c', 'echo no >&2; exit 3'], { allowFailure: true });
      expect(failed).toEqual({ stdout: '', stderr: 'no\n', code: 3 });
      await expect(shell.run(['sh', '-c', 'echo no >&2; exit 3'])).rejects.toThrow(/exit code 3: no/);
    });
  });

  it('runs several commands at once on one connection', async () => {
    const answers = await withShell((shell) =>
      Promise.all([1, 2, 3, 4].map((number) => shell.run(['echo', String(number)]))),
    );
    expect(answers.map(({ stdout }) => stdout.trim())).toEqual(['1', '2', '3', '4']);
    expect(connections.size).toBeLessThanOrEqual(1);
  });

  it('cuts off a command that outlasts its limit and says so', async () => {
    const late = withShell((shell) => shell.run(['sleep', '60'], { timeoutSeconds: 0.2 }));
    await expect(late).rejects.toThrow(
      /sleep 60 on the node: exit code none \(cut off\): still ran after 0.2 s/,
    );
  });

  it('loses what runs on a connection that breaks, and makes a new one for the next command', async () => {
    const shell = await NodeShell.connect(target);
    const running = await shell.start(['cat']);
    running.stdout.resume();
    running.stderr.resume();
    const before = [...connections].at(-1);
    before?.end();
    await expect(running.ended).resolves.toBeNull();
    const both = await Promise.all([shell.run(['echo', 'one']), shell.run(['echo', 'two'])]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['one\n', 'two\n']);
    expect([...connections].filter((each) => each === before)).toEqual([]);
    shell.close();
    await expect(shell.run(['true'])).rejects.toThrow(/was closed from here/);
  });

  it('does not speak with a host whose key is another one', async () => {
    const wrong = NodeShell.connect({ ...target, hostKeySha256: 'AAAA' });
    await expect(wrong).rejects.toThrow(
      /the host key SHA256:\S+ is not the one that the local node wrote down/,
    );
  });

  it('names the key that was refused', async () => {
    const refused = NodeShell.connect({ ...target, privateKeyFile: join(directory, 'other') });
    await expect(refused).rejects.toThrow(/login refused with the key .*other/);
    await expect(refused).rejects.toBeInstanceOf(ShellConnectionError);
  });

  it('says that nothing listens at a wrong port', async () => {
    const nobody = NodeShell.connect({ ...target, port: 1 });
    await expect(nobody).rejects.toThrow('root@127.0.0.1:1: nothing listens there');
  });

  it('quotes what a shell would read and leaves the rest alone', () => {
    expect(quote('/usr/bin/env')).toBe('/usr/bin/env');
    expect(quote("a'b")).toBe("'a'\\''b'");
    expect(quote('')).toBe("''");
  });
});

describe('known_hosts', () => {
  const text = [
    '# a comment',
    'pve.example.org,192.0.2.1 ssh-ed25519 KEYA me',
    '[pve.example.org]:2222 ssh-ed25519 KEYB',
    '*.lab.example.org,!old.lab.example.org ssh-rsa KEYC',
    '@revoked pve.example.org ssh-ed25519 KEYD',
    '@cert-authority *.example.org ssh-ed25519 KEYE',
  ].join('\n');

  it('finds a host by name, address, port and pattern', () => {
    expect(lookUp(text, 'pve.example.org', 22)).toEqual({
      types: ['ssh-ed25519'],
      keys: ['KEYA'],
      revoked: ['KEYD'],
    });
    expect(lookUp(text, '192.0.2.1', 22).keys).toEqual(['KEYA']);
    expect(lookUp(text, 'pve.example.org', 2222).keys).toEqual(['KEYB']);
    expect(lookUp(text, 'a.lab.example.org', 22).keys).toEqual(['KEYC']);
    expect(lookUp(text, 'old.lab.example.org', 22).keys).toEqual([]);
    expect(lookUp(text, 'pvexexample.org', 22).keys).toEqual([]);
  });

  it('finds a host whose name ssh-keygen has hashed', () => {
    const directory = mkdtempSync(join(tmpdir(), 'known-'));
    try {
      const key = join(directory, 'key');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      const [type, text = ''] = readFileSync(`${key}.pub`, 'utf8').split(' ');
      const file = join(directory, 'known_hosts');
      execFileSync('sh', ['-c', 'printf "%s\\n" "$1" >"$2"', 'sh', `pve.example.org ${type} ${text}`, file]);
      execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
      const hashed = readFileSync(file, 'utf8');
      expect(hashed).not.toContain('pve.example.org');
      expect(lookUp(hashed, 'pve.example.org', 22).keys).toEqual([text]);
      expect(lookUp(hashed, 'other.example.org', 22).keys).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
