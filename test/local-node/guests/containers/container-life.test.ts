import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from '../../test-node';

const REQUEST = {
  ...{ vmid: '101', ostemplate: 'local:vztmpl/lab.tar.zst', hostname: 'ct1', rootfs: 'local-lvm:4' },
  ...{ net0: 'name=eth0,bridge=vmbr0,ip=10.0.0.5/24,gw=10.0.0.1', features: 'nesting=1', memory: '256' },
};

let lab: TestNode;
let images: string;

beforeEach(async () => {
  lab = await startTestNode();
  images = join(lab.node.stateDir, 'storage/local-lvm/images');
  writeFileSync(join(lab.node.stateDir, 'storage/local/template/cache/lab.tar.zst'), 'an archive');
  await task('POST', '/network', { iface: 'vmbr0', type: 'bridge', autostart: '1' });
  await task('PUT', '/network', {});
});

afterEach(() => lab.close());

const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, form?: Record<string, string>) =>
  callApi(lab, method, `/nodes/pve${path}`, form);

/** Makes a call and, where it starts a task, waits for its end. */
async function task(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  form: Record<string, string> = {},
): Promise<{ readonly exit: string | undefined; readonly log: readonly string[] }> {
  const { status, data, reason } = await call(method, path, form);
  if (status !== 200) throw new Error(reason);
  const upid = String(data);
  if (!upid.startsWith('UPID')) return { exit: 'OK', log: [] };
  const { exitStatus } = await lab.node.tasks.wait(upid, 10);
  return { exit: exitStatus, log: lab.node.tasks.log(upid) };
}

const config = async () => (await call('GET', '/lxc/101/config')).data as Record<string, unknown>;

test('a container is made of a template, with keys, a password and addresses of its own, and started', async () => {
  const keys = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfYfSaXDIPJDuFO5olTBVJlgvKmThrNZ72xqnxFotRK a@b';
  const secrets = { password: 'a secret', 'ssh-public-keys': keys };
  const { exit, log } = await task('POST', '/lxc', { ...REQUEST, ...secrets, start: '1' });
  expect([exit, log[0]]).toEqual(['OK', expect.stringMatching(/^extracting archive '.*lab\.tar\.zst'$/)]);
  const root = join(images, '101/subvol-101-disk-0.subvol');
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  expect(read('etc/network/interfaces')).toContain('address 10.0.0.5/24\n\tgateway 10.0.0.1');
  expect(read('root/.ssh/authorized_keys')).toBe(`${keys}\n`);
  expect(read('etc/ssh/ssh_host_ecdsa_key')).toBe('simulated key of ct1\n');
  expect(read('etc/shadow')).toMatch(/^root:\$5\$/);
  expect(JSON.stringify([await config(), log])).not.toContain('a secret');
  expect(await config()).toMatchObject({
    ...{ hostname: 'ct1', memory: 256, swap: 512, unprivileged: 1, arch: 'amd64', ostype: 'debian' },
    rootfs: 'local-lvm:101/subvol-101-disk-0.subvol,size=4G',
    net0: expect.stringMatching(
      /^name=eth0,bridge=vmbr0,gw=10\.0\.0\.1,hwaddr=BC:24:11(:[0-9A-F]{2}){3},ip=10\.0\.0\.5\/24,type=veth$/,
    ),
  });
  expect((await call('GET', '/lxc/101/status/current')).data).toMatchObject({
    ...{ status: 'running', type: 'lxc', name: 'ct1', maxmem: 256 * 1024 ** 2, maxdisk: 4 * 1024 ** 3 },
  });
});

test('a creation that fails leaves neither volume nor vmid', async () => {
  const { exit } = await task('POST', '/lxc', { ...REQUEST, ostemplate: 'local:vztmpl/none.tar.zst' });
  expect(exit).toBe("unable to create CT 101 - volume 'local:vztmpl/none.tar.zst' does not exist");
  expect((await callApi(lab, 'GET', '/cluster/nextid?vmid=101')).data).toBe('101');
  expect(existsSync(join(images, '101'))).toBe(false);
});

test('without nesting a container whose systemd would nest is made with a warning', async () => {
  const { exit, log } = await task('POST', '/lxc', { ...REQUEST, features: 'nesting=0' });
  expect([exit, log.at(-2)]).toEqual([
    'WARNINGS: 1',
    'WARN: Systemd 257 detected. You may need to enable nesting.',
  ]);
});

test('containers and virtual machines share their vmids', async () => {
  await task('POST', '/lxc', REQUEST);
  await task('POST', '/qemu', { vmid: '102' });
  expect((await callApi(lab, 'GET', '/cluster/nextid')).data).toBe('100');
  expect((await call('POST', '/qemu', { vmid: '101' })).message).toBe(
    "unable to create VM 101 - CT 101 already exists on node 'pve'\n",
  );
  expect((await call('POST', '/lxc', { ...REQUEST, vmid: '102' })).message).toBe(
    "VM 102 already exists on node 'pve'\n",
  );
  const rows = (await callApi(lab, 'GET', '/cluster/resources?type=vm')).data as { id: string }[];
  expect(rows.map(({ id }) => id)).toEqual(['qemu/102', 'lxc/101']);
});

test('a running container takes limits and interfaces at once, a name server with its next start', async () => {
  await task('POST', '/lxc', { ...REQUEST, start: '1' });
  await call('PUT', '/lxc/101/config', { memory: '512', hostname: 'new', nameserver: '10.0.0.9' });
  const { data } = await call('GET', '/lxc/101/config?current=1');
  expect(data).toMatchObject({ memory: 512, hostname: 'new' });
  expect(data).not.toHaveProperty('nameserver');
  expect((await call('GET', '/lxc/101/pending')).data).toContainEqual({
    ...{ key: 'nameserver', pending: '10.0.0.9' },
  });
  await call('PUT', '/lxc/101/config', { net1: 'name=eth1,bridge=vmbr0,ip=10.0.0.6/24' });
  const names = async () =>
    ((await call('GET', '/lxc/101/interfaces')).data as { name: string }[]).map(({ name }) => name);
  expect(await names()).toEqual(['lo', 'eth0', 'eth1']);
  await call('PUT', '/lxc/101/config', { delete: 'net1' });
  expect(await names()).toEqual(['lo', 'eth0']);
  expect((await task('POST', '/lxc/101/status/reboot')).exit).toBe('OK');
  expect((await call('GET', '/lxc/101/config?current=1')).data).toHaveProperty('nameserver');
});

test('a flag beside nesting is for root@pam itself, not for its tokens', async () => {
  await task('POST', '/lxc', REQUEST);
  const answer = await call('PUT', '/lxc/101/config', { features: 'nesting=1,keyctl=1' });
  expect([answer.status, answer.reason]).toEqual([
    403,
    'changing feature flags (except nesting) is only allowed for root@pam',
  ]);
});

test('a destroyed container leaves nothing, and a running one must be forced', async () => {
  await task('POST', '/lxc', { ...REQUEST, start: '1' });
  expect((await call('DELETE', '/lxc/101')).message).toBe(
    'unable to destroy CT 101 - container is running\n',
  );
  expect((await task('DELETE', '/lxc/101?force=1&purge=1')).log).toEqual([
    'forced to stop CT 101 before destroying!',
    'purging CT 101 from related configurations..',
    'TASK OK',
  ]);
  expect(existsSync(join(images, '101'))).toBe(false);
  expect((await call('GET', '/lxc')).data).toEqual([]);
});

test('a clone has the same root file system and another address of its interface', async () => {
  await task('POST', '/lxc', REQUEST);
  await task('POST', '/lxc/101/clone', { newid: '103', hostname: 'copy' });
  const copy = (await call('GET', '/lxc/103/config')).data as Record<string, unknown>;
  expect(copy).toMatchObject({ hostname: 'copy', rootfs: 'local-lvm:103/subvol-103-disk-0.subvol,size=4G' });
  expect(copy.net0).not.toBe((await config()).net0);
  expect(existsSync(join(images, '103/subvol-103-disk-0.subvol/etc/hosts'))).toBe(true);
  const rows = (await call('GET', '/storage/local-lvm/content?content=rootdir')).data as { vmid: number }[];
  expect(rows.map(({ vmid }) => vmid).sort()).toEqual([101, 103]);
});

test('a template is only copied', async () => {
  await task('POST', '/lxc', REQUEST);
  await call('POST', '/lxc/101/template');
  expect((await config()).rootfs).toBe('local-lvm:101/basevol-101-disk-0.subvol,size=4G');
  expect((await task('POST', '/lxc/101/status/start')).exit).toBe("you can't start a CT if it's a template");
  expect((await task('POST', '/lxc/101/clone', { newid: '104', full: '1' })).exit).toBe('OK');
});

test('a root file system grows and never shrinks', async () => {
  await task('POST', '/lxc', REQUEST);
  expect((await task('PUT', '/lxc/101/resize', { disk: 'rootfs', size: '+1G' })).log[0]).toBe(
    'Image resized.',
  );
  expect((await config()).rootfs).toMatch(/,size=5G$/);
  expect((await call('PUT', '/lxc/101/resize', { disk: 'rootfs', size: '1G' })).message).toBe(
    'unable to shrink disk size\n',
  );
});

test('a node that starts again goes on with its containers and removes those that are half made', async () => {
  await task('POST', '/lxc', { ...REQUEST, onboot: '1' });
  writeFileSync(join(lab.node.stateDir, 'etc/pve/lxc/109.conf'), 'lock: create\n');
  await lab.app.close();
  await lab.node.close();
  const again = await startTestNode({ stateDir: lab.node.stateDir });
  const rows = (await callApi(again, 'GET', '/nodes/pve/lxc')).data as { vmid: number; status: string }[];
  expect(rows.map(({ vmid }) => vmid)).toEqual([101]);
  expect(again.node.tasks.list().map(({ parsed }) => parsed.type)).toContain('vzstart');
  lab = again;
});

test('what the machine cannot limit is told by the status, and by a warning at each start', async () => {
  const { engine } = lab.node.guests.containers;
  jest.replaceProperty(engine, 'keptLimits', { memory: true, cpu: false });
  await task('POST', '/lxc', REQUEST);
  const started = await task('POST', '/lxc/101/status/start');
  expect(started.exit).toBe('WARNINGS: 1');
  expect(started.log).toContainEqual(expect.stringMatching(/^WARN: cpu not limited: /));
  expect((await call('GET', '/lxc/101/status/current')).data).toMatchObject({ 'not-limited': 'cpu' });
  jest.replaceProperty(engine, 'keptLimits', { memory: true, cpu: true });
  expect((await task('POST', '/lxc/101/status/reboot')).exit).toBe('OK');
  expect((await call('GET', '/lxc/101/status/current')).data).not.toHaveProperty('not-limited');
  jest.restoreAllMocks();
});
