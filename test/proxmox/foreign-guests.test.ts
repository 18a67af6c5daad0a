import { type ApiClient, ApiError } from '../../proxmox/api-client';
import { foreignGuests, foreignGuestsMessage } from '../../proxmox/foreign-guests';

const TAG = 'lab-0a1b2c3d';

/** A node with these rows in its list of guests, these vmids taken, and these tags in configurations. */
function node(
  rows: readonly object[],
  taken: readonly number[] = [],
  configured: Record<string, string> = {},
) {
  const asked: string[] = [];
  const get = async (path: string, query?: { vmid?: number }) => {
    asked.push(path);
    if (path === 'cluster/resources') return rows;
    const config = /^nodes\/pve\/qemu\/(\d+)\/config$/.exec(path)?.[1];
    if (config) return { tags: configured[config], name: 'fresh' };
    if (path !== 'cluster/nextid') throw new Error(`nobody should ask for ${path}`);
    if (!taken.includes(query?.vmid ?? 0)) return String(query?.vmid);
    throw new ApiError('GET', path, 400, 'Parameter verification failed.', {
      vmid: `VM ${query?.vmid} already exists`,
    });
  };
  return { client: { get } as unknown as Pick<ApiClient, 'get'>, asked };
}

const vm = { vmid: 129, type: 'qemu', name: 'mail', node: 'pve', status: 'running' };

test.each([
  ["a VM with the lab's tag", { ...vm, tags: `lab;${TAG}` }, []],
  ['a VM without tags', vm, ['VM 129 "mail" on node pve']],
  ["a VM with the name of the lab as a tag, as another clone's", { ...vm, tags: 'lab' }, ['VM 129']],
  ['a VM of another lab', { ...vm, tags: 'lab;lab-ffffffff' }, ['VM 129']],
  ["a container with the lab's tag", { ...vm, type: 'lxc', tags: TAG }, []],
  ['a container without it', { ...vm, type: 'lxc', tags: 'lab' }, ['container 129 "mail" on node pve']],
])('%s is found to be whose it is', async (_, row, found) => {
  const foreign = await foreignGuests(node([row]).client, [129, 116], TAG);
  expect(foreign.map(({ what }) => what)).toEqual(found.map((text) => expect.stringContaining(text)));
});

test('a guest that the token may not see is found by its vmid, and the privilege that is missing is named', async () => {
  const foreign = await foreignGuests(node([], [116]).client, [129, 116], TAG);
  expect(foreign).toEqual([{ vmid: 116, what: expect.stringContaining('116'), hidden: true }]);
  expect(foreignGuestsMessage(foreign, TAG)).toContain('VM.Audit on /vms');
});

test('a VM that has just been made, without name and tags in the list yet, is known by its configuration', async () => {
  const fresh = { vmid: 129, type: 'qemu', node: 'pve', status: 'unknown' };
  expect(await foreignGuests(node([fresh], [], { 129: TAG }).client, [129], TAG)).toEqual([]);
  const foreign = await foreignGuests(node([fresh], [], { 129: 'other' }).client, [129], TAG);
  expect(foreign).toMatchObject([{ what: 'VM 129 "fresh" on node pve' }]);
});

test('a failure to tell is a failure, and not a free vmid', async () => {
  const get = async (path: string) => {
    if (path === 'cluster/resources') return [];
    throw new ApiError('GET', path, 500, 'got no worker upid');
  };
  await expect(foreignGuests({ get } as never, [129], TAG)).rejects.toThrow('got no worker upid');
});
