import { checkBackups } from '../../../proxmox/checks/backups';
import type { NodeFacts } from '../../../proxmox/checks/node-facts';
import { requireNoneOfOthers } from '../../../proxmox/guest-backups';
import { labWith } from '../../stacks/synthesized';

const TAG = 'lab-0a1b2c3d';
const lab = (retention?: object) =>
  labWith((draft) => {
    Object.assign(draft, {
      backup: { storage: 'local', schedule: 'daily', ...(retention && { retention }) },
    });
  });
const found = (rows: readonly object[], tag: string | undefined = TAG) =>
  ({ backups: { value: rows }, tag }) as unknown as NodeFacts;

const ours = { volid: 'local:backup/ours', vmid: 129, notes: `wordpress of ${TAG}` };
const others = { volid: 'local:backup/others', vmid: 129, notes: 'mail' };

test("a backup of somebody else's under one of the lab's vmids stops a lab whose retention would prune it", () => {
  const [finding] = checkBackups(found([ours, others]), lab({ last: 3 }));
  expect(finding).toMatchObject({ state: 'fault', subject: 'backups on local' });
  expect(finding?.found).toContain('local:backup/others');
  expect(finding?.found).not.toContain('local:backup/ours');
  expect(finding?.remedy).toContain('pvesm set VOLID --protected 1');
});

test('one that is protected, or of another vmid, and the own ones are no fault', () => {
  const rows = [ours, { ...others, protected: 1 }, { ...others, vmid: 500 }];
  expect(checkBackups(found(rows), lab({ last: 3 }))).toMatchObject([{ state: 'ok' }]);
});

test('without retention nothing is pruned, and nothing said', () => {
  expect(checkBackups(found([others]), lab())).toEqual([]);
});

test('before its first deployment every backup of its vmids is of others', () => {
  expect(checkBackups({ ...found([ours]), tag: undefined }, lab({ last: 3 }))).toMatchObject([
    { state: 'fault' },
  ]);
});

test('a backup that is made at once asks the same first', async () => {
  const client = {
    node: (path: string) => path,
    get: async () => [ours, others],
    post: () => Promise.reject(new Error('nothing may be made')),
  } as unknown as Parameters<typeof requireNoneOfOthers>[0];
  const guest = { name: 'wordpress', vmid: 129, kind: 'vm' } as const;
  await expect(requireNoneOfOthers(client, [guest], 'local', TAG)).rejects.toThrow('local:backup/others');
  await expect(requireNoneOfOthers(client, [{ ...guest, vmid: 116 }], 'local', TAG)).resolves.toBeUndefined();
});
