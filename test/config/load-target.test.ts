import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTarget, TargetError } from '../../config/load-target';
import type { Environment } from '../../config/paths';
import { providerConnection } from '../../config/provider-connection';

const complete = {
  PROXMOX_VE_ENDPOINT: 'https://pve.example.org:8006/',
  PROXMOX_VE_API_TOKEN: 'lab@pve!deploy=5ec4e7',
  PROXMOX_VE_SSH_USERNAME: 'root',
  PROXMOX_VE_SSH_PRIVATE_KEY:
    '-----BEGIN OPENSSH PRIVATE KEY-----\n5ec4e7\n-----END OPENSSH PRIVATE KEY-----\n',
};

/** The error's message, each fault on a line of its own. */
function refusal(env: Environment): string {
  try {
    readTarget(env, 'pve');
  } catch (error) {
    expect(error).toBeInstanceOf(TargetError);
    return (error as TargetError).message;
  }
  throw new Error('the environment was accepted');
}
const faults = (env: Environment): string[] => refusal(env).split('\n  ').slice(1);

describe('a Proxmox VE node in the environment', () => {
  test('with a token and a key is a target, whose address has no path', () => {
    expect(readTarget(complete, 'pve')).toEqual({
      kind: 'proxmox',
      endpoint: 'https://pve.example.org:8006',
      nodeName: 'pve',
      credentials: { kind: 'token', token: complete.PROXMOX_VE_API_TOKEN },
      oldestTls: 'TLSv1.3',
      insecure: false,
      ssh: {
        host: 'pve.example.org',
        port: 22,
        username: 'root',
        privateKey: complete.PROXMOX_VE_SSH_PRIVATE_KEY,
      },
    });
  });

  test('with a password login needs nothing else: SSH takes its name and password, as the provider does', () => {
    const target = readTarget(
      {
        PROXMOX_VE_ENDPOINT: 'https://pve.example.org:8006/api2/json',
        PROXMOX_VE_USERNAME: 'root@pam',
        PROXMOX_VE_PASSWORD: 'x y',
        SSL_CERT_FILE: '/ca.pem',
        LAB_SSH_ADDRESS: '192.0.2.7',
        LAB_SSH_PORT: '2222',
      },
      'pve',
    );
    expect(target).toMatchObject({
      endpoint: 'https://pve.example.org:8006',
      caFile: '/ca.pem',
      credentials: { kind: 'password', username: 'root@pam', password: 'x y' },
      ssh: { host: '192.0.2.7', port: 2222, username: 'root', password: 'x y' },
    });
  });

  test('with nothing but its address: all that is missing is named at once', () => {
    expect(faults({ PROXMOX_VE_ENDPOINT: 'https://pve.example.org:8006' })).toEqual([
      expect.stringMatching(/^PROXMOX_VE_API_TOKEN: .*PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD/),
      expect.stringMatching(/^PROXMOX_VE_SSH_USERNAME: /),
      expect.stringMatching(
        /^PROXMOX_VE_SSH_AGENT=true, PROXMOX_VE_SSH_PRIVATE_KEY .*PROXMOX_VE_SSH_PASSWORD/,
      ),
    ]);
  });

  test('with everything malformed: every fault is named at once, and no secret is shown', () => {
    const env = {
      PROXMOX_VE_ENDPOINT: 'http://pve.example.org',
      PROXMOX_VE_API_TOKEN: '5ec4e7',
      LAB_SSH_PORT: '99999',
      PROXMOX_VE_SSH_USERNAME: 'root',
      PROXMOX_VE_SSH_AGENT: 'true',
    };
    expect(faults(env).map((fault) => fault.split(':')[0])).toEqual([
      'PROXMOX_VE_ENDPOINT',
      'PROXMOX_VE_API_TOKEN',
      'LAB_SSH_PORT',
      'SSH_AUTH_SOCK',
    ]);
    expect(refusal(env)).not.toContain('5ec4e7');
    expect(refusal(env)).toContain('docs/how-to/real-proxmox.md');
  });

  test.each([
    ['no address at all', { ...complete, PROXMOX_VE_ENDPOINT: 'pve' }, /^PROXMOX_VE_ENDPOINT: "pve"/],
    [
      'a user without realm',
      { PROXMOX_VE_USERNAME: 'root', PROXMOX_VE_PASSWORD: 'x' },
      /^PROXMOX_VE_USERNAME: "root"/,
    ],
    ['a user without password', { PROXMOX_VE_USERNAME: 'root@pam' }, /^PROXMOX_VE_PASSWORD: /],
  ])('with %s is refused', (_, env, message) => {
    expect(faults({ PROXMOX_VE_ENDPOINT: complete.PROXMOX_VE_ENDPOINT, ...env })[0]).toMatch(message);
  });

  test.each(['https://root:5ec4e7@pve.example.org:8006', 'https://root@pve.example.org', 'root:5ec4e7@pve'])(
    'is not taken with a login in its address, which is not shown: %s',
    (PROXMOX_VE_ENDPOINT) => {
      const told = refusal({ ...complete, PROXMOX_VE_ENDPOINT });
      expect(told).toContain('PROXMOX_VE_ENDPOINT: takes no user and no password');
      expect(told).not.toContain('5ec4e7');
    },
  );

  test('is trusted without a look at its certificate only where that is said', () => {
    const insecure = (text: string) => readTarget({ ...complete, PROXMOX_VE_INSECURE: text }, 'pve').insecure;
    expect(['true', '1', 'yes'].map(insecure)).toEqual([true, true, true]);
    expect(['', 'false', '0', 'no'].map(insecure)).toEqual([false, false, false, false]);
  });
});

describe('what the provider would read otherwise', () => {
  const read = (env: Environment) => readTarget({ ...complete, ...env }, 'pve');
  const given = (env: Environment) => providerConnection({ nodeName: 'pve' }, { ...complete, ...env });

  test.each([
    ' https://pve.example.org:8006',
    'https://pve.example.org:8006/?console=shell#v1:0:18',
    'https://pve.example.org:8006/api2/json/',
  ])('an address like "%s" reaches the provider as it was checked', (text) => {
    expect(read({ PROXMOX_VE_ENDPOINT: text }).endpoint).toBe('https://pve.example.org:8006');
    expect(given({ PROXMOX_VE_ENDPOINT: text })).toMatchObject({ endpoint: 'https://pve.example.org:8006' });
  });

  test('a flag in other words reaches it too; one in no words is refused', () => {
    for (const yes of ['yes', 'on', 'TRUE']) {
      expect(given({ PROXMOX_VE_INSECURE: yes })).toMatchObject({ insecure: true });
      const agent = { PROXMOX_VE_SSH_AGENT: yes, SSH_AUTH_SOCK: '/agent' };
      expect(given(agent)).toMatchObject({ ssh: { agent: true } });
    }
    expect(given({ PROXMOX_VE_INSECURE: 'off' })).toMatchObject({ insecure: false, ssh: { agent: false } });
    const env = { ...complete, PROXMOX_VE_INSECURE: 'please', PROXMOX_VE_SSH_AGENT: 'always' };
    expect(faults(env).sort()).toEqual([
      'PROXMOX_VE_INSECURE: "please" is neither true nor false',
      'PROXMOX_VE_SSH_AGENT: "always" is neither true nor false',
    ]);
  });

  test('an IPv6 address is a host without its brackets, for SSH and for the provider', () => {
    const env = { PROXMOX_VE_ENDPOINT: 'https://[2001:db8::7]:8006' };
    expect(read(env)).toMatchObject({ endpoint: 'https://[2001:db8::7]:8006', ssh: { host: '2001:db8::7' } });
    expect(given(env)).toMatchObject({ ssh: { address: '2001:db8::7', port: 22 } });
    expect(read({ LAB_SSH_ADDRESS: '[::1]' }).ssh.host).toBe('::1');
  });

  test.each([
    ['a path', '/home/x/.ssh/id_ed25519', /is a path/],
    ['a path at home', '~/.ssh/id_ed25519', /is a path/],
    ['something else', '5ec4e7', /is no private key/],
    ['written-out ends of lines', '-----BEGIN OPENSSH PRIVATE KEY-----\\n5ec4e7', /\\n written out/],
    ['no ends of lines', '-----BEGIN RSA PRIVATE KEY----- 5ec4e7', /no ends of lines/],
    ['a public key', '-----BEGIN PUBLIC KEY-----\n5ec4e7\n', /is a public key/],
    ['a passphrase in PEM', '-----BEGIN ENCRYPTED PRIVATE KEY-----\n5ec4e7\n', /has a passphrase/],
    ["a passphrase in OpenSSH's form", openSshKey('aes256-ctr'), /has a passphrase/],
  ])('an SSH key that is %s is refused, and not shown', (_, key, said) => {
    const env = { ...complete, PROXMOX_VE_SSH_PRIVATE_KEY: key };
    expect(faults(env)).toEqual([expect.stringMatching(/^PROXMOX_VE_SSH_PRIVATE_KEY: /)]);
    expect(faults(env)[0]).toMatch(said);
    expect(refusal(env)).not.toContain('5ec4e7');
  });

  test('a key without a passphrase is taken as it is', () => {
    const key = openSshKey('none');
    expect(read({ PROXMOX_VE_SSH_PRIVATE_KEY: key }).ssh.privateKey).toBe(key);
  });

  test.each([
    ['a secret of other signs', { PROXMOX_VE_API_TOKEN: 'lab@pve!x=5ec4_e7' }, /^PROXMOX_VE_API_TOKEN/],
    ['an unknown TLS', { PROXMOX_VE_MIN_TLS: '1.4' }, /^PROXMOX_VE_MIN_TLS: "1\.4" is none of 1\.0/],
    ['a SOCKS server', { PROXMOX_VE_SSH_SOCKS5_SERVER: 'a:1' }, /^PROXMOX_VE_SSH_SOCKS5_SERVER/],
    [
      'a ticket in place of a token',
      { PROXMOX_VE_API_TOKEN: '', PROXMOX_VE_AUTH_TICKET: 'x', PROXMOX_VE_CSRF_PREVENTION_TOKEN: 'x' },
      /^PROXMOX_VE_AUTH_TICKET/,
    ],
    [
      'a password in the address',
      { PROXMOX_VE_ENDPOINT: 'https://u:5ec4e7@pve' },
      /^PROXMOX_VE_ENDPOINT: takes no user/,
    ],
  ])('%s is refused', (_, env, said) => {
    expect(faults({ ...complete, ...env })[0]).toMatch(said);
    expect(refusal({ ...complete, ...env })).not.toContain('5ec4');
  });

  test('the oldest TLS and the directories of CAs are those of the provider', () => {
    expect(read({ PROXMOX_VE_MIN_TLS: ' 1.2', SSL_CERT_DIR: '/a:/b' })).toMatchObject({
      oldestTls: 'TLSv1.2',
      caDirectories: ['/a', '/b'],
    });
  });
});

/** As `ssh-keygen` writes it, as far as its cipher. */
function openSshKey(cipher: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cipher.length);
  const data = Buffer.concat([Buffer.from('openssh-key-v1\0'), length, Buffer.from(`${cipher}5ec4e7`)]);
  const mark = (word: string) => `-----${word} OPENSSH PRIVATE KEY-----`;
  return `${mark('BEGIN')}\n${data.toString('base64')}\n${mark('END')}\n`;
}

describe('the local node', () => {
  let state: string;
  let env: Environment;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'target-'));
    env = { LAB_NODE_STATE: state };
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));

  const connect = (change: Record<string, unknown> = {}): void => {
    writeFileSync(join(state, 'token'), 'node@pam!lab=5ec4e7\n');
    const connection = {
      endpoint: 'https://127.0.0.1:8006/',
      nodeName: 'pve',
      pid: 1,
      caFile: join(state, 'ca.pem'),
      tokenFile: join(state, 'token'),
      acceleration: 'tcg',
      ssh: { host: '127.0.0.1', port: 8022, username: 'root', privateKeyFile: '/key', hostKeySha256: 'x' },
      ...change,
    };
    writeFileSync(join(state, 'connection.json'), JSON.stringify(connection));
  };

  test('is a target while its connection file is there', () => {
    connect();
    expect(readTarget(env, 'pve')).toMatchObject({
      kind: 'local',
      endpoint: 'https://127.0.0.1:8006',
      credentials: { kind: 'token', token: 'node@pam!lab=5ec4e7' },
      insecure: false,
      ssh: { port: 8022 },
    });
  });

  test('that is down is told with both ways on', () => {
    expect(refusal(env)).toMatch(/not up: npm run node -- up .*PROXMOX_VE_ENDPOINT/);
  });

  test('with a connection file that is none is told with the file', () => {
    writeFileSync(join(state, 'connection.json'), '{');
    expect(refusal(env)).toContain(join(state, 'connection.json'));
    connect({ ssh: undefined });
    expect(refusal(env)).toContain(join(state, 'connection.json'));
  });

  test('with files that cannot be read is told with the file, why, and the way on', () => {
    mkdirSync(join(state, 'connection.json'));
    expect(refusal(env)).toMatch(
      /connection\.json, which the local node wrote: it is a directory; take it down/,
    );
    rmSync(join(state, 'connection.json'), { recursive: true });
    connect({ tokenFile: join(state, 'lost') });
    expect(refusal(env)).toMatch(/lost, which the local node wrote: there is no such file; take it down/);
  });

  test('of another name than in lab.yaml is refused', () => {
    connect({ nodeName: 'other' });
    expect(refusal(env)).toMatch(/is named other, but lab.yaml says node.name: pve; .* up --name pve$/);
  });

  test("is checked by the provider exactly where the node's CA is among what Go programs trust", () => {
    const insecure = (more: Environment) => {
      const connection = providerConnection({ nodeName: 'pve' }, { ...env, ...more });
      return connection.kind === 'local' && connection.insecure;
    };
    expect(insecure({})).toBe(true);
    expect(insecure({ SSL_CERT_DIR: `/etc/ssl/certs:${join(state, 'certs')}` })).toBe(false);
    expect(insecure({ SSL_CERT_FILE: join(state, 'ca.pem') })).toBe(false);
    expect(insecure({ SSL_CERT_FILE: `${state}-of-somebody-else/ca.pem` })).toBe(true);
  });
});
