import { allowContent } from '../../proxmox/storage-content';

function fakeApi(content: string) {
  const calls: string[] = [];
  return {
    calls,
    node: (path: string, node = 'pve') => `nodes/${node}/${path}`,
    get: async <T>(path: string) => {
      calls.push(`GET ${path}`);
      return { content } as T;
    },
    put: async <T>(path: string, form: object = {}) => {
      calls.push(`PUT ${path} ${JSON.stringify(form)}`);
      return null as T;
    },
  };
}

test('a storage keeps what it accepts, and is activated, which makes the directories of what is new', async () => {
  const api = fakeApi('iso,vztmpl');
  expect(await allowContent(api, 'local', ['iso', 'import', 'snippets'])).toEqual(['import', 'snippets']);
  expect(api.calls).toEqual([
    'GET storage/local',
    'PUT storage/local {"content":"iso,vztmpl,import,snippets"}',
    'GET nodes/pve/storage/local/status',
  ]);
});

test('one that accepts everything already is not changed, and activated all the same', async () => {
  const api = fakeApi('iso,snippets');
  expect(await allowContent(api, 'local', ['snippets'])).toEqual([]);
  expect(api.calls).toEqual(['GET storage/local', 'GET nodes/pve/storage/local/status']);
});

test('a storage of another node of the cluster is activated there', async () => {
  const api = fakeApi('iso,snippets');
  await allowContent(api, 'local', ['snippets'], 'pve2');
  expect(api.calls).toEqual(['GET storage/local', 'GET nodes/pve2/storage/local/status']);
});
