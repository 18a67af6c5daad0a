import { PassThrough } from 'node:stream';
import { labIdentity } from '../../../../config/lab-identity';
import { NO_VMID } from '../../../../config/vmids';
import { checkNode } from '../../../../measure/collect/preflight';
import { browserCommand, browserFlags } from '../../../../measure/collect/sessions/browser-command';
import { BrowserReader } from '../../../../measure/collect/sessions/browser-reader';
import { CdpTransport } from '../../../../measure/collect/sessions/cdp-transport';
import type { Shell } from '../../../../proxmox/node-shell';
import { testLab } from '../fixtures';
import { LocalShell } from '../local-shell';

const server = { host: '192.168.10.29', port: 80 };

describe('the command of the browser', () => {
  const command = browserCommand(server);

  it('lets no name and no address resolve but that of the server', () => {
    expect(browserFlags(server)).toContain('--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 192.168.10.29');
  });

  it('is debugged over its pipe, never over a port', () => {
    expect(command).toContain('--remote-debugging-pipe');
    expect(command.join(' ')).not.toContain('--remote-debugging-port');
  });

  it('keeps its profile in memory that is its own, under a mount namespace', () => {
    expect(command.slice(0, 3)).toEqual(['unshare', '--mount', '--']);
    expect(command.join(' ')).toMatch(/mount -t tmpfs .* \/tmp .*--user-data-dir=\/tmp\/profile$/);
  });
});

describe('the debugging pipe', () => {
  function pipe() {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    let end: (code: number) => void = () => {};
    const ended = new Promise<number>((resolve) => {
      end = resolve;
    });
    const running = { stdin, stdout, stderr: new PassThrough(), ended, kill: () => end(1) };
    const transport = new CdpTransport(running);
    const received: object[] = [];
    transport.onmessage = (message) => received.push(message);
    return { transport, received, stdin, stdout, end };
  }

  it('puts messages together from pieces that end anywhere, inside a character too', async () => {
    const { received, stdout } = pipe();
    const bytes = Buffer.from('{"a":"é"}\0{"b":2}\0{"c":"…"}\0');
    for (const byte of bytes) stdout.write(Buffer.from([byte]));
    stdout.write(bytes);
    await new Promise((resolve) => stdout.end(resolve));
    const messages = [{ a: 'é' }, { b: 2 }, { c: '…' }];
    expect(received).toEqual([...messages, ...messages]);
  });

  it('ends each message that it sends with a NUL', () => {
    const { transport, stdin } = pipe();
    transport.send({ id: 1 });
    transport.send({ id: 2 });
    expect(stdin.read().toString()).toBe('{"id":1}\0{"id":2}\0');
  });

  it('says so when the browser has ended', async () => {
    const { transport, end } = pipe();
    const closed = new Promise((resolve) => {
      transport.onclose = resolve;
    });
    end(0);
    expect(await closed).toBe('the browser ended');
  });
});

it('a browser that does not start is an error with its last words', async () => {
  const fails = ['sh', '-c', 'echo first >&2; echo "mount: /tmp: permission denied" >&2; exit 32'];
  const opening = BrowserReader.open(
    new LocalShell(),
    server,
    () => fails,
    () => 0,
    new AbortController().signal,
  );
  await expect(opening).rejects.toThrow('Chromium ended with 32: mount: /tmp: permission denied');
});

describe('before a run is begun', () => {
  const lab = testLab();
  const identity = labIdentity('0a1b2c3d-0000-4000-8000-000000000000');
  const client = {
    get: async () => lab.guests.map(({ vmid }) => ({ vmid, tags: `lab;${identity.tag}` })) as never,
    node: (path: string) => path,
  };
  const there = { ip: true, tc: true, flock: true, mount: true, setpriv: true, unshare: true };
  const shell = (chromium: boolean): Shell => ({
    run: async () => ({
      stdout: JSON.stringify({ facts: {}, acceleration: null, programs: { ...there, chromium } }),
      stderr: '',
      code: 0,
    }),
    start: async () => {
      throw new Error('nothing may be started');
    },
  });

  it('a node without Chromium is refused for the browser, with the way to get it', async () => {
    await expect(checkNode(client, shell(false), lab, identity, ['qos'], 'browser')).rejects.toThrow(
      /the node lacks chromium, which --reader browser runs there: apt-get install chromium/,
    );
  });

  it('a node on which nothing was deployed from here is refused', async () => {
    await expect(checkNode(client, shell(true), lab, undefined, ['qos'])).rejects.toThrow('npx cdktf deploy');
  });

  it('guests with the name of the lab alone, or with the identity of another one, are refused', async () => {
    const other = labIdentity('ffffffff-0000-4000-8000-000000000000');
    await expect(checkNode(client, shell(true), lab, other, ['qos'])).rejects.toThrow(
      'lacks the tag lab-ffffffff',
    );
  });

  it('a guest whose vmid is still to be chosen is refused, and not by a number that it has not', async () => {
    const guests = lab.guests.map((guest) => ({ ...guest, vmid: NO_VMID }));
    await expect(checkNode(client, shell(true), { ...lab, guests }, identity, ['qos'])).rejects.toThrow(
      'guest wordpress (no vmid chosen yet) is not on the node: npx cdktf deploy',
    );
  });

  it('a node without Chromium is taken where no browser reads', async () => {
    await checkNode(client, shell(false), lab, identity, ['qos']);
    await checkNode(client, shell(false), lab, identity, ['resources'], 'browser');
    await checkNode(client, shell(true), lab, identity, ['qos'], 'browser');
  });
});
