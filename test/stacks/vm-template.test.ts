import { type Draft, labWith, type Resource, resources, synthesized } from './synthesized';

const VM = 'proxmox_virtual_environment_vm';

const cloned = (deploy: string, change: (draft: Draft) => void = () => {}) =>
  synthesized(
    labWith((draft) => {
      draft.images = { ...draft.images, deploy, templateVmid: 9000 };
      change(draft);
    }),
  );
const isTemplate = (vm: Resource) => vm.template === true;

describe.each([
  ['linked-clone', false],
  ['full-clone', true],
])('a lab that deploys by %s', (deploy, full) => {
  const configuration = cloned(deploy);
  const vms = resources(configuration, VM);

  test('has one VM template of the image, which carries its identity and never runs', () => {
    expect(vms.filter(isTemplate)).toMatchObject([
      {
        vm_id: 9000,
        name: 'lab-template',
        started: false,
        tags: ['lab', 'lab-0a1b2c3d'],
        disk: [{ interface: 'scsi0', size: 8, import_from: expect.stringContaining('local:import/') }],
      },
    ]);
  });

  test('has guests that are clones of it, and import nothing', () => {
    const guests = vms.filter((vm) => !isTemplate(vm));
    expect(guests).toHaveLength(3);
    for (const guest of guests) {
      expect(guest).toMatchObject({ clone: { full, vm_id: expect.stringContaining('vm-template-9000') } });
      expect(JSON.stringify(guest.disk)).not.toContain('import');
    }
  });
});

test('another image, storage or size makes another VM template, and never changes the one that clones stand on', () => {
  const [template] = resources(cloned('linked-clone'), VM).filter(isTemplate);
  expect(template?.lifecycle).toMatchObject({
    replace_triggered_by: [expect.stringContaining('vm-template-9000_disk')],
  });
});

test('guests on two nodes are cloned from a VM template each', () => {
  const vms = resources(
    cloned('linked-clone', (draft) => Object.assign(draft.guests[1] ?? {}, { node: 'pve2' })),
    VM,
  );
  expect(vms.filter(isTemplate).map(({ vm_id, node_name }) => [vm_id, node_name])).toEqual(
    expect.arrayContaining([
      [9000, 'pve'],
      [9001, 'pve2'],
    ]),
  );
});

test('the guard refuses where somebody else has the vmid of the VM template', () => {
  const text = JSON.stringify(cloned('linked-clone').data);
  expect(text).toContain('[129, 116, 128, 9000]');
});

test('imported disks need no VM template', () => {
  expect(resources(synthesized(labWith()), VM).some(isTemplate)).toBe(false);
});
