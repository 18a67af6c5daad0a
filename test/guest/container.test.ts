import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { forwardNote } from '../../config/application-address';
import { readTarget } from '../../config/load-target';
import type { ConnectionFile } from '../../config/target';
import { down, status, up } from '../../local-node/lifecycle';
import { idRange } from '../../local-node/namespace/id-maps';
import { identify, signal, waitForEnd } from '../../machine/processes';
import { ApiClient } from '../../proxmox/api-client';

/** A real container, native, from a root file system of a few megabytes. */
jest.setTimeout(240_000);

const stateDir = mkdtempSync(join(tmpdir(), 'container-'));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  LAB_NODE_STATE: stateDir,
  LAB_NODE_PORT: '0',
  LAB_NODE_SSH_PORT: '0',
  XDG_DATA_HOME: join(stateDir, 'data'),
};
/** The port of this machine that leads to container 101. */
const HERE = 50_101;
const images = join(stateDir, 'storage/local-lvm/images');
let client: ApiClient;

beforeAll(async () => {
  await bringUp();
  const templates = join(stateDir, 'storage/local/template/cache');
  mkdirSync(templates, { recursive: true });
  execFileSync('bash', [join(__dirname, 'mini-root.sh'), join(templates, 'mini.tar.zst')]);
  await client.post(client.node('network'), {
    iface: 'vmbr0',
    type: 'bridge',
    cidr: '10.98.0.1/24',
    autostart: 1,
  });
  await client.wait(await client.put<string>(client.node('network'), {}));
});

afterAll(async () => {
  await client.close();
  await down(env, { purge: true });
});

async function bringUp(): Promise<void> {
  await up(env, { engine: 'qemu', name: 'pve' });
  client = new ApiClient(readTarget({ LAB_NODE_STATE: stateDir }, 'pve'));
}

const connection = (): ConnectionFile =>
  JSON.parse(readFileSync(join(stateDir, 'connection.json'), 'utf8')) as ConnectionFile;

/** A command line on the node, over SSH. */
function onNode(line: string, input = ''): { exit: number | null; stdout: string; stderr: string } {
  const { port, privateKeyFile } = connection().ssh;
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const argv = [...options.flatMap((one) => ['-o', one]), '-i', privateKeyFile, '-p', String(port)];
  const { status, stdout, stderr } = spawnSync('ssh', [...argv, 'root@127.0.0.1', line], {
    ...{ encoding: 'utf8', timeout: 60_000, input },
  });
  return { exit: status, stdout, stderr };
}

async function killNode(): Promise<void> {
  const daemon = identify(connection().pid);
  if (!daemon) throw new Error('the node has ended');
  await client.close();
  signal(daemon, 'SIGKILL');
  await waitForEnd(daemon, 10_000);
}

/** A terminal of container 101, over WebSocket. */
async function terminal() {
  const { user, port, ticket } = await client.post<Record<'user' | 'port' | 'ticket', string>>(
    client.node('lxc/101/termproxy'),
    {},
  );
  const query = new URLSearchParams({ port, vncticket: ticket });
  const at = `${connection().endpoint.replace('https', 'wss')}/api2/json/nodes/pve/lxc/101/vncwebsocket?${query}`;
  const token = readFileSync(join(stateDir, 'token'), 'utf8').trim();
  const socket = new WebSocket(at, ['binary'], {
    headers: { authorization: `PVEAPIToken=${token}` },
    rejectUnauthorized: false,
  });
  let said = '';
  socket.on('message', (data) => {
    said += String(data);
  });
  await once(socket, 'open');
  socket.send(`${user}:${ticket}\n1:132:43:`);
  return {
    client: socket,
    type: (text: string) => socket.send(`0:${Buffer.byteLength(text)}:${text}`),
    until: async (words: RegExp) => {
      while (!words.test(said)) await once(socket, 'message');
    },
  };
}

/** What the forwarded port says, once it is there. */
async function answerHere(): Promise<string> {
  for (;;) {
    const words = await new Promise<string | undefined>((resolve) => {
      let said = '';
      const socket = connect({ port: HERE, host: '127.0.0.1' });
      socket.on('data', (chunk: Buffer) => {
        said += String(chunk);
      });
      socket.on('error', () => {}).on('close', () => resolve(said || undefined));
    });
    if (words !== undefined) return words;
    await sleep(100);
  }
}

const run = async (path: string, form: Record<string, string | number> = {}) =>
  client.wait(await client.post<string>(client.node(path), form));
const current = () => client.get<Record<string, unknown>>(client.node('lxc/101/status/current'));

test('a container runs natively and unprivileged, has its address, and answers on its bridge', async () => {
  await run('lxc', {
    ...{ vmid: 101, ostemplate: 'local:vztmpl/mini.tar.zst', hostname: 'mini', rootfs: 'local-lvm:1' },
    ...{ net0: 'name=eth0,bridge=vmbr0,ip=10.98.0.51/24,gw=10.98.0.1', memory: 64, swap: 0, start: 1 },
    description: forwardNote(HERE, 80),
  });
  expect(onNode('until pct exec 101 -- cat /run/state; do sleep 0.1; done')).toMatchObject({
    stdout: 'up\n',
  });
  expect(onNode('pct exec 101 -- id -u').stdout).toBe('0\n');
  // Nothing listens there, and its kernel says so.
  expect(onNode('exec 3<>/dev/tcp/10.98.0.51/9').stderr).toContain('Connection refused');
  const { pid, status } = await current();
  expect(status).toBe('running');
  // Its root is nobody outside.
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain(`\nUid:\t${idRange()?.uid}\t`);
  const interfaces = await client.get<{ name: string; inet?: string }[]>(client.node('lxc/101/interfaces'));
  expect(interfaces.find(({ name }) => name === 'eth0')?.inet).toBe('10.98.0.51/24');
});

test('the port that its description names answers on the loopback of this machine', async () => {
  onNode("pct exec 101 -- sh -c 'while busybox nc -l -p 80 -e echo served; do :; done >/dev/null 2>&1 &'");
  expect(await answerHere()).toBe('served\n');
  expect((await status(env)).forwards).toEqual([{ vmid: 101, local: HERE }]);
});

test('pct runs commands and carries files, with the exit codes of Proxmox VE', () => {
  expect(onNode("pct exec 101 -- sh -c 'echo out; echo err >&2; exit 7'")).toEqual({
    ...{ exit: 7, stdout: 'out\n', stderr: 'err\n' },
  });
  expect(onNode('pct exec 101 -- nosuchcommand').exit).toBe(127);
  expect(onNode('cat >/tmp/p && pct push 101 /tmp/p /root/p --perms 0640', 'hello')).toMatchObject({
    exit: 0,
  });
  expect(onNode('pct exec 101 -- ls -ln /root/p').stdout).toMatch(/^-rw-r----- +1 0 +0 +5 /);
  expect(onNode('pct pull 101 /root/p /tmp/q && cat /tmp/q && rm /tmp/p /tmp/q').stdout).toBe('hello');
  expect(onNode('pct push 101 /tmp/nope /root/x')).toMatchObject({
    ...{ exit: 0, stderr: 'failed to open /tmp/nope for reading\n' },
  });
  // A link in the container leads nowhere outside.
  onNode(
    "pct exec 101 -- sh -c 'ln -s /etc/leads-out /root/link || busybox ln -s /etc/leads-out /root/link'",
  );
  onNode('echo x >/tmp/p; pct push 101 /tmp/p /root/link; rm /tmp/p');
  expect(existsSync('/etc/leads-out')).toBe(false);
});

test('a snapshot of a running container keeps owners, and a rollback brings its files back', async () => {
  const inside = (line: string) => onNode(`pct exec 101 -- sh -c '${line}'`);
  inside('echo one >/root/page; busybox chown 33:33 /root/page; busybox chmod 4750 /root/page');
  await run('lxc/101/snapshot', { snapname: 'good' });
  // It has gone on.
  expect(inside('echo two >/root/page; cat /root/page').stdout).toBe('two\n');
  await run('lxc/101/snapshot/good/rollback');
  expect((await current()).status).toBe('stopped');
  await run('lxc/101/status/start');
  expect(inside('cat /root/page; ls -ln /root/page').stdout).toMatch(/^one\n-rwsr-x--- +1 33 +33 /);
  await client.wait(await client.delete<string>(client.node('lxc/101/snapshot/good')));
  expect(readdirSync(join(images, '101'))).toEqual(['subvol-101-disk-0.subvol']);
});

test('its memory and CPU are limited, where the machine can; where not, its status says so', async () => {
  const { pid, 'not-limited': not = '' } = await current();
  const cpuGroup = () => {
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    const [, old] = /^\d+:(?:[\w,]*,)?cpu(?:,[\w,]*)?:(.*)$/m.exec(groups) ?? [];
    const [, unified = ''] = /^0::(.*)$/m.exec(groups) ?? [];
    return old === undefined ? `/sys/fs/cgroup${unified}` : `/sys/fs/cgroup/cpu${old}`;
  };
  if (String(not).includes('memory')) console.log('memory is not limited on this machine: not tried');
  // 64 MiB are its own.
  else expect(onNode('pct exec 101 -- busybox dd if=/dev/zero of=/dev/null bs=200M count=1').exit).toBe(137);
  if (String(not).includes('cpu')) return console.log('CPU is not limited on this machine: not tried');
  const throttled = () =>
    Number(/^nr_throttled (\d+)$/m.exec(readFileSync(`${cpuGroup()}/cpu.stat`, 'utf8'))?.[1]);
  const before = throttled();
  await client.put(client.node('lxc/101/config'), { cpulimit: 0.1 });
  onNode("pct exec 101 -- sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'");
  expect(throttled()).toBeGreaterThan(before);
  await client.put(client.node('lxc/101/config'), { delete: 'cpulimit' });
});

test('its terminals are a tty of its own and, if so configured, a shell, of the size of the window', async () => {
  // Again and again: what is written while nobody looks is lost.
  const words = 'for i in $(busybox seq 60); do echo from inside >/dev/tty1; sleep 1; done';
  onNode(`pct exec 101 -- sh -c '(${words}) >/dev/null 2>&1 &'`);
  const tty = await terminal();
  await tty.until(/from inside/);
  tty.client.close();
  await client.put(client.node('lxc/101/config'), { cmode: 'shell' });
  const shell = await terminal();
  await shell.until(/# /);
  shell.type('busybox stty size; busybox id -u\r');
  await shell.until(/43 132\s+0\s/);
  shell.client.close();
  await client.put(client.node('lxc/101/config'), { delete: 'cmode' });
});

test('a container outlives the kill of its node, and the next node finds it', async () => {
  const { pid } = await current();
  await killNode();
  expect(identify(Number(pid))).toBeDefined();
  await bringUp();
  expect(await current()).toMatchObject({ status: 'running', pid });
});

test('a node that is killed while it makes a container leaves nothing of it to the next one', async () => {
  const templates = join(stateDir, 'templates');
  const archive = join(stateDir, 'storage/local/template/cache/large.tar.zst');
  const large =
    'mkdir "$1/large" && head -c 250M /dev/urandom >"$1/large/file" && tar -C "$1" --zstd -cf "$0" large';
  execFileSync('sh', ['-c', `${large} && rm -r "$1/large"`, archive, stateDir]);
  await client.post(client.node('lxc'), {
    ...{ vmid: 102, ostemplate: 'local:vztmpl/large.tar.zst', rootfs: 'local-lvm:1' },
  });
  while (!readdirSync(templates).some((name) => name.endsWith('.new'))) await sleep(5);
  await killNode();
  await bringUp();
  expect(await client.get(client.node('lxc'))).toEqual([expect.objectContaining({ vmid: 101 })]);
  expect(readdirSync(templates).filter((name) => name.endsWith('.new'))).toEqual([]);
  expect(existsSync(join(images, '102'))).toBe(false);
});

test('a container whose init is killed has stopped, leaves nothing, and starts again', async () => {
  const { pid } = await current();
  const init = identify(Number(pid));
  if (!init) throw new Error('the container has ended');
  signal(init, 'SIGKILL');
  await waitForEnd(init, 10_000);
  expect(await current()).toMatchObject({ status: 'stopped', mem: 0, uptime: 0 });
  await run('lxc/101/status/start');
  expect(await current()).toMatchObject({ status: 'running' });
  expect(onNode('ip -o link show').stdout.match(/veth101/g)).toHaveLength(1);
  expect(onNode('until pct exec 101 -- cat /run/state; do sleep 0.1; done').stdout).toBe('up\n');
});

test('it halts when asked, and once destroyed nothing of it is left', async () => {
  const { pid } = await current();
  await run('lxc/101/status/shutdown', { timeout: 30 });
  expect(identify(Number(pid))).toBeUndefined();
  expect(onNode('ip -o link show').stdout).not.toContain('veth101');
  expect(onNode('pct mount 101').stdout).toBe("mounted CT 101 in '/var/lib/lxc/101/rootfs'\n");
  expect(onNode('cat /var/lib/lxc/101/rootfs/etc/hostname').stdout).toBe('mini\n');
  expect(onNode('pct unmount 101').exit).toBe(0);
  await client.wait(await client.delete<string>(client.node('lxc/101')));
  expect(existsSync(join(images, '101'))).toBe(false);
  expect(readdirSync(join(stateDir, 'run/lxc'))).toEqual([]);
  expect(onNode("grep -c '/101/' /proc/self/mounts").stdout).toBe('0\n');
});
