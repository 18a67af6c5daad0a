import { findLostBridges } from '../../proxmox/lost-bridges';
import { labWith } from '../stacks/synthesized';

const lab = labWith();
const TAG = 'lab-0a1b2c3d';
const SERVERS = { iface: 'vmbr10', comments: `lab: servers (${TAG})\n` };

const node = (rows: readonly object[], changes?: string) => ({
  node: (path: string) => `nodes/pve/${path}`,
  getAnswer: async <T>() => ({ data: rows as T, changes }),
});

test('a bridge of the lab that Terraform does not know is found, in use or only declared', async () => {
  expect(await findLostBridges(node([SERVERS]), lab, TAG, new Set())).toEqual({
    made: ['vmbr10'],
    staged: [],
  });
  const declared = node([SERVERS], '+iface vmbr10 inet static\n');
  expect(await findLostBridges(declared, lab, TAG, new Set())).toEqual({ made: [], staged: ['vmbr10'] });
});

test.each([
  ['that Terraform knows', SERVERS, new Set(['vmbr10'])],
  ['of which nobody knows whether Terraform knows it', SERVERS, undefined],
  ["of somebody else under the lab's name", { ...SERVERS, comments: 'mine' }, new Set<string>()],
  ['of another deployment', { ...SERVERS, comments: 'lab: servers (lab-ffffffff)' }, new Set<string>()],
])('one %s is not', async (_, row, known) => {
  expect(await findLostBridges(node([row]), lab, TAG, known)).toEqual({ made: [], staged: [] });
});
