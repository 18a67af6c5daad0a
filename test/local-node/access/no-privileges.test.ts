import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;
let ann: { readonly authorization: string };

beforeEach(async () => {
  lab = await startTestNode();
  await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
  const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/own', { privsep: '0' });
  ann = { authorization: `PVEAPIToken=ann@pve!own=${(made.data as { value: string }).value}` };
  await callApi(lab, 'POST', '/nodes/pve/network', { iface: 'vmbr1', type: 'bridge', autostart: '1' });
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '100' });
  await lab.node.tasks.wait(String(data), 5);
});

afterEach(() => lab.close());

const get = (path: string) => callApi(lab, 'GET', path, undefined, ann);
const grant = (path: string, roles: string) =>
  callApi(lab, 'PUT', '/access/acl', { path, roles, users: 'ann@pve' });

test.each([
  '/nodes/pve/qemu',
  '/nodes/pve/lxc',
  '/cluster/resources?type=vm',
  '/cluster/resources?type=storage',
  '/storage',
  '/nodes/pve/storage',
  '/nodes/pve/network',
  '/nodes/pve/network?type=any_bridge',
  '/pools',
])('who has no privilege at all gets an empty list of %s, and no refusal', async (path) => {
  expect(await get(path)).toMatchObject({ status: 200, data: [] });
});

test('a vmid that is taken is told to everybody who has logged in', async () => {
  expect(await get('/cluster/nextid?vmid=100')).toMatchObject({
    status: 400,
    errors: { vmid: 'VM 100 already exists' },
  });
  expect((await get('/cluster/nextid?vmid=101')).data).toBe('101');
  expect((await get('/cluster/nextid')).data).toBe('101');
  expect((await callApi(lab, 'GET', '/cluster/nextid', undefined, {})).status).toBe(401);
});

test.each([
  ['/vms/100', 'PVEAuditor', '/cluster/resources?type=vm', { vmid: 100 }],
  ['/storage/local', 'PVEDatastoreUser', '/nodes/pve/storage', { storage: 'local' }],
  ['/sdn/zones/localnetwork/vmbr1', 'PVESDNUser', '/nodes/pve/network', { iface: 'vmbr1' }],
  ['/sdn/zones/localnetwork/vmbr1/20', 'PVESDNUser', '/nodes/pve/network', { iface: 'vmbr1' }],
])('a right on %s shows what is there and nothing else', async (path, role, list, row) => {
  await grant(path, role);
  expect((await get(list)).data).toEqual([expect.objectContaining(row)]);
});

test('a vmid that is taken is refused at creation in the words of Proxmox VE', async () => {
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '100' })).toMatchObject({
    status: 500,
    message: "unable to create VM 100 - VM 100 already exists on node 'pve'\n",
  });
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu/100/clone', { newid: '100' })).toMatchObject({
    status: 500,
    message: 'unable to create VM 100: config file already exists\n',
  });
});
