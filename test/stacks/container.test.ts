import { VirtualEnvironmentContainer, VirtualEnvironmentVm } from '../../stacks/provider';
import { labWith, synthesized } from './synthesized';

interface Declared {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly data: Declared['resource'];
}

const container = VirtualEnvironmentContainer.tfResourceType;
const vm = VirtualEnvironmentVm.tfResourceType;
const kindsOf = (...kinds: readonly string[]) =>
  synthesized(
    labWith((draft) => {
      draft.guests = draft.guests.map((guest: object, index: number) => ({ ...guest, kind: kinds[index] }));
    }),
  ) as unknown as Declared;
const of = (declared: Declared, type: string) => Object.values(declared.resource[type] ?? {});

test('a container is unprivileged, with the sizes, the address and the tags that a VM would have', () => {
  const mixed = kindsOf('vm', 'container', 'container');
  expect(of(mixed, vm)).toHaveLength(1);
  expect(of(mixed, container)).toHaveLength(2);
  expect(of(mixed, container)[0]).toMatchObject({
    vm_id: 116,
    unprivileged: true,
    start_on_boot: false,
    cpu: { cores: 1 },
    memory: { dedicated: 1024, swap: 0 },
    disk: { datastore_id: 'local-lvm', size: 8 },
    operating_system: {
      type: 'debian',
      template_file_id: expect.stringMatching(/^local:vztmpl\/lab-.*\.tar\.zst$/),
    },
    network_interface: [{ name: 'eth0', mac_address: '02:4C:00:00:00:74' }],
    initialization: {
      hostname: 'moodle',
      ip_config: [{ ipv4: { address: '192.168.10.16/24', gateway: '192.168.10.1' } }],
    },
    tags: ['lab', 'lab-0a1b2c3d', 'moodle'],
  });
});

test('it is made without being started, and a hook starts it with its seed; later plans start one that has stopped', () => {
  const declared = kindsOf('container', 'container', 'container');
  const [first] = of(declared, container);
  expect(first?.started).toMatch(
    /^\$\{contains\(\[for vm in data\..*if contains\(vm\.tags, "lab-0a1b2c3d"\)\], 116\)\}$/,
  );
  const hooks = of(declared, 'terraform_data').map(({ provisioner }) => JSON.stringify(provisioner ?? ''));
  const seeds = hooks.filter((text) => text.includes('stacks/hooks/seed-container.ts'));
  expect(seeds).toHaveLength(3);
  expect(seeds[0]).toContain("'--tag' 'lab-0a1b2c3d'");
});

test('other user-data makes another container, since cloud-init acts on the first start alone', () => {
  const [first] = of(kindsOf('container', 'vm', 'vm'), container);
  expect(first?.lifecycle).toEqual({
    replace_triggered_by: [expect.stringMatching(/^terraform_data\.guest-129_user-data_/)],
  });
});

test('no snippet and no disk image is put on the node for containers alone, and one archive for all of them', () => {
  const files = of(kindsOf('container', 'container', 'container'), 'proxmox_virtual_environment_file');
  expect(files.map(({ content_type }) => content_type)).toEqual(['vztmpl']);
});

test('a guest that is deployed as the other kind stops the plan', () => {
  const { data } = kindsOf('container', 'vm', 'vm');
  const conditions = JSON.stringify(data);
  expect(conditions).toContain('contains([129], vm.vm_id)');
  expect(conditions).toContain('contains([116, 128], vm.vm_id)');
  expect(conditions).toContain('are deployed as containers, and lab.yaml (or LAB_GUESTS) wants VMs');
});
