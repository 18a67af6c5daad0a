import { labShares } from '../../config/lab-shares';
import { removeStagedBridges, stagedBridges } from '../../proxmox/staged-bridges';
import { callApi, startTestNode, type TestNode } from '../local-node/test-node';
import { labWith } from '../stacks/synthesized';

const TAG = 'lab-0a1b2c3d';
const SERVERS = `lab: servers (${TAG})`;
const lab = labWith();
let node: TestNode;
beforeEach(async () => {
  node = await startTestNode();
});
afterEach(() => node.close());

const api = {
  node: (path: string) => `nodes/pve/${path}`,
  getAnswer: async <T>(path: string) =>
    (await callApi(node, 'GET', `/${path}`)) as unknown as { data: T; changes?: string },
  delete: async <T>(path: string) => (await callApi(node, 'DELETE', `/${path}`)).data as T,
};
const declare = (iface: string, comments: string) =>
  callApi(node, 'POST', '/nodes/pve/network', { iface, type: 'bridge', cidr: '192.168.10.1/24', comments });
const declared = async () =>
  (await api.getAnswer<{ iface: string }[]>('nodes/pve/network')).data.map(({ iface }) => iface);

test('a bridge that a failed deployment has declared and not applied is taken back', async () => {
  await declare('vmbr10', SERVERS);
  expect(await removeStagedBridges(api, lab, TAG, new Set())).toEqual(['vmbr10']);
  expect(await declared()).toEqual([]);
  expect((await api.getAnswer('nodes/pve/network')).changes ?? '').toBe('');
});

test.each([
  ["somebody's", 'vmbr10', 'mine', new Set<string>()],
  ['of another network', 'vmbr10', 'lab: clients (lab-0a1b2c3d)', new Set<string>()],
  ['that Terraform knows', 'vmbr10', SERVERS, new Set(['vmbr10'])],
  ['of which nobody knows whether Terraform knows it', 'vmbr10', SERVERS, undefined],
  ['of another deployment', 'vmbr10', 'lab: servers (lab-ffffffff)', new Set<string>()],
  ['of no network of the lab', 'vmbr11', SERVERS, new Set<string>()],
])('one %s stays', async (_, iface, comment, known) => {
  await declare(iface, comment);
  expect(await removeStagedBridges(api, lab, TAG, known)).toEqual([]);
  expect(await declared()).toEqual([iface]);
});

test('one that is applied stays', async () => {
  await declare('vmbr10', SERVERS);
  const upid = (await callApi(node, 'PUT', '/nodes/pve/network')).data as string;
  await node.node.tasks.wait(upid, 10);
  expect(await removeStagedBridges(api, lab, TAG, new Set())).toEqual([]);
  expect(await declared()).toEqual(['vmbr10']);
});

test('one that is there and only changes is not taken for one that is new', () => {
  const rows = [{ iface: 'vmbr10', comments: SERVERS }];
  const change = '-iface vmbr10 inet manual\n+iface vmbr10 inet static\n';
  expect(stagedBridges(rows, change, lab, TAG)).toEqual([]);
  expect(stagedBridges(rows, '+iface vmbr10 inet static\n', lab, TAG)).toEqual(['vmbr10']);
});

test('on another node of the cluster it is taken back there, and the clients are not looked for', async () => {
  const share = labShares(
    labWith((draft) => {
      Object.assign(draft.guests[0] ?? {}, { node: 'pve2' });
    }),
  )[1];
  if (!share) throw new Error('no guest is on pve2');
  const comment = (name: string) => `lab: ${name} (${TAG})`;
  const interfaces = [
    { iface: 'vmbr10', comments: comment('servers') },
    { iface: 'vmbr20', comments: comment('clients') },
  ];
  const deleted: string[] = [];
  const cluster = {
    node: (path: string, name = 'pve') => `nodes/${name}/${path}`,
    getAnswer: async <T>(path: string) => ({
      data: (path === 'nodes/pve2/network' ? interfaces : []) as T,
      changes: '+iface vmbr10 inet static\n+iface vmbr20 inet static\n',
    }),
    delete: async <T>(path: string) => deleted.push(path) as T,
  };
  expect(await removeStagedBridges(cluster, share, TAG, new Set())).toEqual(['vmbr10']);
  expect(deleted).toEqual(['nodes/pve2/network/vmbr10']);
});
