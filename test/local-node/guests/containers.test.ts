import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from '../test-node';

const CONFIG = `#made by hand
arch: amd64
cores: 2
hostname: proxy
memory: 1024
net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth
rootfs: local-lvm:105/vm-105-disk-0.raw,size=4G
swap: 256
tags: lab;web
lxc.cap.drop: sys_admin

[before]
hostname: other
`;

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  const directory = join(lab.node.stateDir, 'etc/pve/lxc');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '105.conf'), CONFIG);
  writeFileSync(join(directory, '100.conf'), 'memory: 512\n');
  writeFileSync(join(directory, 'notes.txt'), 'no container\n');
});

afterEach(() => lab.close());

const get = (path: string) => callApi(lab, 'GET', path);

test('a container whose file lies on the node is in the lists of the cluster and the node', async () => {
  const [unnamed, named] = (await get('/cluster/resources?type=vm')).data as Record<string, unknown>[];
  expect(unnamed).toMatchObject({ id: 'lxc/100', name: 'CT100', maxdisk: 0, template: 0 });
  expect(named).toMatchObject({
    ...{ id: 'lxc/105', type: 'lxc', vmid: 105, node: 'pve', name: 'proxy', status: 'stopped' },
    ...{ maxcpu: 2, maxmem: 1024 ** 3, maxdisk: 4 * 1024 ** 3, tags: 'lab;web', memhost: 0 },
  });
  expect((await get('/nodes/pve/lxc')).data).toMatchObject([{ vmid: 100 }, { vmid: 105, cpus: 2 }]);
  expect((await get('/nodes/pve/qemu')).data).toEqual([]);
});

test('the status of a container is told, and that of one that is none refused', async () => {
  expect((await get('/nodes/pve/lxc/105/status/current')).data).toMatchObject({
    ...{ type: 'lxc', name: 'proxy', status: 'stopped', maxswap: 256 * 1024 ** 2, ha: { managed: 0 } },
  });
  expect(await get('/nodes/pve/lxc/999/status/current')).toMatchObject({
    status: 500,
    message: "Configuration file 'nodes/pve/lxc/999.conf' does not exist\n",
  });
  expect((await get('/nodes/pve/qemu/105/status/current')).message).toBe(
    "Configuration file 'nodes/pve/qemu-server/105.conf' does not exist\n",
  );
});

test('the vmid of a container is not free', async () => {
  expect((await get('/cluster/nextid')).data).toBe('101');
  expect(await get('/cluster/nextid?vmid=105')).toMatchObject({
    status: 400,
    errors: { vmid: 'VM 105 already exists' },
  });
});

test('no guest is made or cloned under the vmid of a container', async () => {
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '105' })).toMatchObject({
    status: 500,
    message: "unable to create VM 105 - CT 105 already exists on node 'pve'\n",
  });
  const made = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '200' });
  await lab.node.tasks.wait(String(made.data), 5);
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu/200/clone', { newid: '105' })).toMatchObject({
    status: 500,
    message: "CT 105 already exists on node 'pve'\n",
  });
});

test('a container that is removed by hand gives its vmid back', async () => {
  rmSync(join(lab.node.stateDir, 'etc/pve/lxc/100.conf'));
  expect((await get('/cluster/nextid')).data).toBe('100');
});
