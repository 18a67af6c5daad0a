import { FaultyFileError } from '../../config/faulty-file';
import { labShares } from '../../config/lab-shares';
import { withoutVmid, withVmids } from '../../config/vmids';
import { checkVmids } from '../../proxmox/checks/vmids';
import { neededPrivileges } from '../../proxmox/needed-privileges';
import { type Draft, labWith, withoutVmids } from '../stacks/synthesized';

const cloned = (change: (draft: Draft) => void = () => {}) =>
  labWith((draft) => {
    draft.images = { ...draft.images, deploy: 'linked-clone', templateVmid: 9000 };
    change(draft);
  });

function faultsOf(make: () => unknown): string {
  try {
    make();
  } catch (fault) {
    if (fault instanceof FaultyFileError) return fault.message;
    throw fault;
  }
  return '';
}

test('a lab that imports its disks has no VM template, whether or not a vmid stands ready for one', () => {
  expect(labWith().templates).toEqual([]);
  expect(cloned((draft) => Object.assign(draft.images, { deploy: 'import' })).templates).toEqual([]);
});

test('guests of one template are cloned from one VM, as large as the image', () => {
  expect(cloned().templates).toEqual([{ name: 'lab-template', image: 'template', diskGiB: 8, vmid: 9000 }]);
});

test('each cloud image has a VM template at its own number, whichever guests there are', () => {
  const fromCloud = (draft: Draft) => {
    draft.images.source = 'cloud';
  };
  const all = cloned(fromCloud).templates;
  expect(all.map(({ image, vmid }) => [image, vmid])).toEqual([
    ['centos', 9000],
    ['ubuntu', 9001],
    ['debian', 9002],
  ]);
  expect(all[0]?.diskGiB).toBe(10);
  const fewer = cloned((draft) => {
    fromCloud(draft);
    draft.guests.shift();
  }).templates;
  expect(fewer).toEqual(all.slice(1));
});

test('a node that has guests has a VM template of its own', () => {
  const lab = cloned((draft) => Object.assign(draft.guests[1] ?? {}, { node: 'pve2' }));
  expect(lab.templates).toMatchObject([
    { name: 'lab-template', vmid: 9000 },
    { name: 'lab-template-2', vmid: 9001, node: 'pve2' },
  ]);
  expect(labShares(lab).map(({ templates }) => templates.map(({ vmid }) => vmid))).toEqual([[9000], [9001]]);
});

test("a VM template needs a vmid, and neither that nor its name may be a guest's", () => {
  expect(faultsOf(() => cloned((draft) => void delete draft.images.templateVmid))).toMatch(
    /images\.templateVmid: is missing, and images\.deploy is linked-clone/,
  );
  const clash = faultsOf(() =>
    cloned((draft) => {
      Object.assign(draft.guests[0] ?? {}, { name: 'lab-template' });
      draft.images.templateVmid = 116;
    }),
  );
  expect(clash).toMatch(/guests\[0\]\.name: "lab-template" is the name of a VM template/);
  expect(clash).toMatch(/guests\[1\]\.vmid: 116 is kept for the VM templates/);
});

test('a clone has the format of its VM template, so that none can be chosen for it', () => {
  const formats = faultsOf(() =>
    cloned((draft) => {
      for (const guest of draft.guests) guest.format = 'raw';
    }),
  );
  expect(formats.match(/raw cannot be chosen with images\.deploy: linked-clone/g)).toHaveLength(3);
});

test('a VM template gets a free vmid like a guest, and is known by its name afterwards', () => {
  const lab = cloned((draft) => {
    withoutVmids(draft);
    delete draft.images.templateVmid;
  });
  expect(withoutVmid(lab)).toContain('lab-template');
  const known = withVmids(lab, [{ name: 'lab-template', vmid: 700 }]);
  expect(known.templates[0]?.vmid).toBe(700);
  expect(known.guests.map(({ vmid }) => vmid)).toEqual([0, 0, 0]);
});

test('the checks before a deployment look at the vmid of the VM template too', () => {
  const stranger = { vmid: 9000, type: 'qemu', name: 'mail', node: 'pve', status: 'stopped' };
  const facts = {
    guests: { value: [stranger] },
    hiddenVmids: [],
    tag: 'lab-0a1b2c3d',
    takenOver: undefined,
    replaceableVmids: new Set<number>(),
    freeVmids: [],
  };
  const findings = checkVmids(facts, cloned());
  expect(findings).toMatchObject([
    { state: 'fault', subject: 'vmid 9000', found: expect.stringContaining('mail') },
  ]);
});

test('who deploys clones must be allowed to clone the VM template', () => {
  const needs = neededPrivileges(cloned(), 9);
  expect(needs).toContainEqual(expect.objectContaining({ path: '/vms/9000', privilege: 'VM.Clone' }));
  expect(neededPrivileges(labWith(), 9).some(({ privilege }) => privilege === 'VM.Clone')).toBe(false);
});
