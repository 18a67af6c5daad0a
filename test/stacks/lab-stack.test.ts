import { loadProviderConnection } from '../../config';
import { macAddress } from '../../stacks/guest';
import {
  addresses,
  type Configuration,
  type Draft,
  labWith,
  localConnection,
  manyGuests,
  requirements,
  resources,
  synthesized,
  synthesizedText,
} from './synthesized';

const VM = 'proxmox_virtual_environment_vm';
const FILE = 'proxmox_virtual_environment_file';
const BRIDGE = 'proxmox_network_linux_bridge';
const GUARD = /^data\.proxmox_virtual_environment_(vms|containers|nodes)\./;

/** How many resources there are of each type. */
const counts = (configuration: Configuration): Record<string, number> =>
  Object.fromEntries(
    Object.entries(configuration.resource).map(([type, named]) => [type, Object.keys(named).length]),
  );

describe("the project's own lab", () => {
  const lab = labWith();
  const configuration = synthesized(lab);
  const vms = resources(configuration, VM);

  test('has these addresses, by which Terraform recognises what it made: a change of one replaces a resource', () => {
    expect([...addresses(configuration).keys()].sort()).toEqual([
      'proxmox_network_linux_bridge.clients_bridge_B26E259E',
      'proxmox_network_linux_bridge.servers_bridge_A6B6D739',
      'proxmox_virtual_environment_file.guest-116_user-data_file_D63583D2',
      'proxmox_virtual_environment_file.guest-128_user-data_file_8DD0BEC6',
      'proxmox_virtual_environment_file.guest-129_user-data_file_C57AD32E',
      'proxmox_virtual_environment_file.role-mediawiki_file_28D10043',
      'proxmox_virtual_environment_file.role-moodle_file_B7375842',
      'proxmox_virtual_environment_file.role-wordpress_file_866106C6',
      'proxmox_virtual_environment_file.template-abc_file_CA1A3FEF',
      'proxmox_virtual_environment_vm.guest-116_vm_80A40B44',
      'proxmox_virtual_environment_vm.guest-128_vm_2C6AAD06',
      'proxmox_virtual_environment_vm.guest-129_vm_76064D47',
      'terraform_data.destroy_guard_B11D9FD8',
      'terraform_data.guest-116_readiness_wait_53C5C695',
      'terraform_data.guest-128_readiness_wait_7FE8F104',
      'terraform_data.guest-129_readiness_wait_45ACA51A',
      'terraform_data.identity',
      'terraform_data.identity_vmids_88BE9022',
      'terraform_data.node-check_9C845B8D',
    ]);
  });

  test('makes both bridges with the gateways of their networks, one after the other', () => {
    expect(resources(configuration, BRIDGE)).toMatchObject([
      { name: 'vmbr20', address: '192.168.20.1/24', comment: 'lab: clients (lab-0a1b2c3d)' },
      { name: 'vmbr10', address: '192.168.10.1/24', comment: 'lab: servers (lab-0a1b2c3d)' },
    ]);
    const [clients, servers] = Object.keys(configuration.resource[BRIDGE] ?? {});
    expect(requirements(configuration, `${BRIDGE}.${clients}`)).toContain(`${BRIDGE}.${servers}`);
  });

  test.each(lab.guests)('makes guest $name as lab.yaml declares it', (guest) => {
    const vm = vms.find((candidate) => candidate.vm_id === guest.vmid);
    expect(vm).toMatchObject({
      name: guest.name,
      node_name: 'pve',
      tags: ['lab', 'lab-0a1b2c3d', guest.role],
      description: expect.stringContaining('0a1b2c3d-0000-4000-8000-000000000000'),
      cpu: { cores: guest.cores },
      memory: { dedicated: guest.memoryMiB },
      disk: [{ interface: 'scsi0', datastore_id: 'local-lvm', size: guest.diskGiB }],
      initialization: {
        ip_config: [{ ipv4: { address: `${guest.address}/24`, gateway: '192.168.10.1' } }],
      },
    });
  });

  test('has the bridge and the image of a guest made before it', () => {
    const [bridge] = Object.keys(configuration.resource[BRIDGE] ?? {}).filter((name) => /servers/.test(name));
    for (const vm of vms) {
      expect(vm.network_device).toMatchObject([{ bridge: `\${${BRIDGE}.${bridge}.name}` }]);
      expect(vm.disk).toMatchObject([{ import_from: 'local:import/lab-0a1b2c3d-template-abc.qcow2' }]);
      const image = vm.depends_on?.filter((address) => address.includes('.template-abc_'));
      expect(image).toEqual([expect.stringMatching(/^proxmox_virtual_environment_file\./)]);
    }
  });

  test('names the files of user data and vendor data by their text, so that one that was removed is put back alone', () => {
    const files = new Map(
      Object.entries(configuration.resource[FILE] ?? {}).map(([name, { source_raw }]) => [
        `local:snippets/${(source_raw as { file_name: string } | undefined)?.file_name}`,
        `${FILE}.${name}`,
      ]),
    );
    for (const vm of vms) {
      const { user_data_file_id, vendor_data_file_id } = vm.initialization as Record<string, string>;
      for (const volume of [user_data_file_id ?? '', vendor_data_file_id ?? '']) {
        expect(volume).toMatch(/^local:snippets\/lab-0a1b2c3d-[\w-]+-[0-9a-f]{12}\.yaml$/);
        expect(vm.depends_on).toContain(files.get(volume));
      }
    }
    const text = (address: string) =>
      synthesizedText(
        labWith((draft) => {
          Object.assign(draft.guests[0] ?? {}, { address });
        }),
      ).match(/-wordpress-[0-9a-f]{12}/)?.[0];
    expect(text('192.168.10.201')).not.toBe(text('192.168.10.202'));
    expect(text('192.168.10.201')).toBe(text('192.168.10.201'));
  });

  test('replaces a guest whose image is another: its user data, which do so, name the image', () => {
    const made = (key: string) =>
      /lab-0a1b2c3d-wordpress-[0-9a-f]{12}/.exec(synthesizedText(lab, { templateKey: key }))?.[0];
    expect(made('abc')).not.toBe(made('def'));
    expect(made('abc')).toBe(made('abc'));
  });

  test('writes files as root by SFTP, whose errors do not repeat the file, and by tee as anybody else', () => {
    const proxmox = (username: string) => ({
      ...({ kind: 'proxmox', endpoint: 'https://pve.example.org:8006', insecure: false } as const),
      ssh: { address: 'pve.example.org', port: 22, username, agent: false },
    });
    const modes = (of: Configuration) =>
      new Set(
        resources(of, FILE)
          .filter((file) => file.source_raw)
          .map((file) => file.upload_mode),
      );
    expect(modes(configuration)).toEqual(new Set(['sftp']));
    expect(modes(synthesized(lab, { connection: proxmox('root') }))).toEqual(new Set(['sftp']));
    expect(modes(synthesized(lab, { connection: proxmox('lab') }))).toEqual(new Set([undefined]));
  });

  test('caches disks as lab.yaml says, else as the local node deploys fastest and as Proxmox VE does by itself', () => {
    const named = labWith(({ guests: [guest] }) => Object.assign(guest ?? {}, { cache: 'writethrough' }));
    const proxmox = {
      ...({ kind: 'proxmox', endpoint: 'https://pve.example.org:8006', insecure: false } as const),
      ssh: { address: 'pve.example.org', port: 22, username: 'root', agent: false },
    };
    const modes = (of: Configuration) =>
      resources(of, VM).map(({ disk }) => (disk as readonly { cache?: string }[])[0]?.cache);
    expect(modes(synthesized(named))).toEqual(['unsafe', 'unsafe', 'writethrough']);
    expect(modes(synthesized(named, { connection: proxmox }))).toEqual([
      undefined,
      undefined,
      'writethrough',
    ]);
  });

  test("gives a guest's disk what lab.yaml says of it, and leaves the rest to the node", () => {
    const named = labWith(({ guests: [guest] }) =>
      Object.assign(guest ?? {}, {
        ...{ cache: 'none', format: 'raw', discard: 'ignore', iothread: true, aio: 'native' },
      }),
    );
    const disks = resources(synthesized(named), VM).map(
      ({ disk }) => (disk as readonly Readonly<Record<string, unknown>>[])[0],
    );
    expect(disks).toContainEqual(
      expect.objectContaining({ file_format: 'raw', discard: 'ignore', iothread: true, aio: 'native' }),
    );
    expect(disks.filter((disk) => disk?.file_format === undefined && disk?.aio === undefined)).toHaveLength(
      2,
    );
  });

  test('uploads a template once, whatever is done to its file afterwards', () => {
    const [template] = resources(configuration, FILE).filter((file) => file.content_type === 'import');
    expect(template?.lifecycle).toMatchObject({ ignore_changes: ['source_file'] });
  });

  test('keeps the VMs that were addressed by their names', () => {
    const { moved } = JSON.parse(synthesizedText(lab)) as { moved: { from: string; to: string }[] };
    const from = Object.fromEntries(moved.map((move) => [move.to.replace(/_[0-9A-F]+$/, ''), move.from]));
    expect(from).toEqual({
      [`${VM}.guest-116_vm`]: `${VM}.moodle_vm_4420484F`,
      [`${VM}.guest-128_vm`]: `${VM}.mediawiki_vm_13FBABE9`,
      [`${VM}.guest-129_vm`]: `${VM}.wordpress_vm_5AE9A538`,
    });
  });

  test('gives the deprecated field of a network device no value, of which the provider would warn at every plan', () => {
    for (const vm of vms) expect(vm).toMatchObject({ network_device: [{ enabled: null }] });
  });

  test('lets a VM be destroyed, refreshed and measured without waiting for its agent', () => {
    for (const vm of vms) {
      expect(vm).toMatchObject({
        agent: { enabled: true, timeout: '1m', wait_for_ip: { disabled: true } },
        stop_on_destroy: true,
        on_boot: false,
        scsi_hardware: 'virtio-scsi-single',
        serial_device: [{ device: 'socket' }],
      });
    }
  });

  test('waits for each application, again whenever its VM is made again or changed', () => {
    const waits = resources(configuration, 'terraform_data').filter((data) =>
      JSON.stringify(data).includes('wait-ready'),
    );
    const guests = waits.map((wait) => {
      expect(wait.provisioner).toHaveLength(1);
      const command = wait.provisioner?.[0]?.['local-exec'];
      expect(command?.when).toBeUndefined();
      const name = /^node --require tsx\/cjs stacks\/hooks\/wait-ready\.ts '--guest' '(\w+)'$/.exec(
        command?.command ?? '',
      )?.[1];
      const vm = `${VM}.${Object.entries(configuration.resource[VM] ?? {}).find(([, { name: of }]) => of === name)?.[0]}`;
      expect(wait).toMatchObject({
        triggers_replace: { vm: `\${${vm}.id}` },
        depends_on: [vm],
        lifecycle: { replace_triggered_by: [vm] },
      });
      return name;
    });
    expect(guests.sort()).toEqual(['mediawiki', 'moodle', 'wordpress']);
  });

  test('asks the node again only when lab.yaml asks something else of it', () => {
    const triggers = (change?: (draft: Draft) => void) =>
      [...addresses(synthesized(labWith(change)))].find(([name]) => name.includes('node-check'))?.[1]
        .triggers_replace;
    const asked = triggers();
    expect(triggers((draft) => Object.assign(draft, { seed: 7 }))).toEqual(asked);
    const changes: readonly ((draft: Draft) => void)[] = [
      ({ guests: [guest] }) => Object.assign(guest ?? {}, { cores: 2 }),
      ({ storage }) => Object.assign(storage, { disks: 'local' }),
      ({ networks }) => Object.assign(networks.clients, { bridge: 'vmbr7' }),
      ({ node }) => Object.assign(node, { name: 'pve2' }),
    ];
    for (const change of changes) expect(triggers(change)).not.toEqual(asked);
  });

  test('hides user data, which is long and not secret, from plans', () => {
    const snippets = resources(configuration, FILE).filter((file) => file.content_type === 'snippets');
    expect(snippets).toHaveLength(6);
    for (const { source_raw } of snippets) {
      expect((source_raw as { data: string }).data).toMatch(/^\$\{sensitive\("#cloud-config\\n/);
    }
  });
});

describe("a foreign guest under one of the lab's vmids", () => {
  const configuration = synthesized(labWith());

  test('stops a deployment while nothing is touched: everything depends on the look at VMs, containers and nodes', () => {
    for (const address of addresses(configuration).keys()) {
      const guards = [...requirements(configuration, address)].filter((name) => GUARD.test(name));
      expect({ address, guards: guards.length }).toEqual({ address, guards: 3 });
    }
    const [vms] = Object.values(configuration.data.proxmox_virtual_environment_vms ?? {});
    expect(vms?.lifecycle).toMatchObject({
      postcondition: [
        { condition: expect.stringContaining('[129, 116, 128]') },
        { condition: expect.stringContaining('contains([], vm.vm_id)') },
      ],
    });
  });

  test('and the plan already finds a node that the cluster does not have', () => {
    const [nodes] = Object.values(configuration.data.proxmox_virtual_environment_nodes ?? {});
    expect(nodes?.lifecycle).toMatchObject({
      postcondition: [
        {
          condition: expect.stringContaining('setsubtract(["pve"], self.names)'),
          error_message: expect.stringContaining('Nodes there are: '),
        },
      ],
    });
  });

  test.each(['local', 'proxmox'])('and on a look whether the node has what the lab asks for (%s)', (kind) => {
    const ssh = { address: 'pve.example.org', port: 22, username: 'root', agent: true };
    const proxmox = { kind: 'proxmox', endpoint: 'https://pve:8006', insecure: false, ssh } as const;
    const remote = synthesized(labWith(), { connection: kind === 'proxmox' ? proxmox : localConnection });
    const check = [...addresses(remote)].find(([, resource]) =>
      JSON.stringify(resource.provisioner ?? '').includes('check-node.ts'),
    )?.[0];
    if (check === undefined) throw new Error('no resource runs check-node.ts');
    for (const address of addresses(remote).keys()) {
      expect({
        address,
        checked: [...requirements(remote, address)].includes(check) || address === check,
      }).toEqual({ address, checked: true });
    }
  });

  test('stops it once more, also where it is in no list, before the first thing is made', () => {
    const all = addresses(configuration);
    const first = [...all].find(([, resource]) =>
      JSON.stringify(resource.provisioner ?? '').includes("refuse-foreign-guests.ts '--tag' 'lab-0a1b2c3d'"),
    );
    expect(first?.[1]).toMatchObject({ triggers_replace: { vmids: '129,116,128' } });
    for (const address of all.keys()) {
      // The check of the node comes before it, and makes nothing.
      if (/^terraform_data\.(identity$|node-check_)/.test(address) || address === first?.[0]) continue;
      expect([...requirements(configuration, address)]).toContain(first?.[0]);
    }
  });

  test('stops a destroy while nothing is touched: what asks goes first, before all that is on the node', () => {
    const guards = [...addresses(configuration)].filter(([, resource]) =>
      JSON.stringify(resource.provisioner ?? '').includes("refuse-foreign-guests.ts '--deployed'"),
    );
    expect(guards).toHaveLength(1);
    expect(guards[0]?.[1].provisioner).toMatchObject([
      {
        'local-exec': {
          when: 'destroy',
          command: "node --require tsx/cjs stacks/hooks/refuse-foreign-guests.ts '--deployed'",
          working_dir: expect.stringMatching(/^\//),
        },
      },
    ]);
    const needed = requirements(configuration, guards[0]?.[0] ?? '');
    for (const address of addresses(configuration).keys()) {
      if (!/_readiness_|destroy_guard/.test(address)) expect(needed).toContain(address);
    }
  });

  test('and ends one with a look for files that Terraform has lost, when all that is on the node is gone', () => {
    const [last] = [...addresses(configuration)].find(([, resource]) =>
      JSON.stringify(resource.provisioner ?? '').includes('remove-lost-files.ts'),
    ) ?? [''];
    const onNode = [...addresses(configuration).keys()].filter((address) => address.startsWith('proxmox_'));
    expect(onNode.length).toBeGreaterThan(5);
    for (const address of onNode) expect([...requirements(configuration, address)]).toContain(last);
  });
});

describe('what a lab may also be', () => {
  test('cloud images on the local node are refused where its guests have no uplink; the template needs none', () => {
    const conditions = (source: string) => {
      const [vms] = Object.values(
        synthesized(
          labWith((draft) => {
            draft.images.source = source;
          }),
        ).data.proxmox_virtual_environment_vms ?? {},
      );
      return JSON.stringify(vms?.lifecycle);
    };
    expect(conditions('template')).not.toContain('wayOut');
    expect(conditions('cloud')).toContain('wayOut.reason');
    expect(conditions('cloud')).toContain('Install passt');
  });

  test.each([
    ...[
      'servers',
      'clients',
      'node',
      'node-check',
      'template',
      'connection',
      'foreign-guests',
      'identity',
      'destroy',
    ],
    ...['constructor', 'image-debian', 'role-moodle', 'guest-116'],
  ])('a guest may be called %s', (name) => {
    const configuration = synthesized(
      labWith((draft) => {
        Object.assign(draft.guests[0] ?? {}, { name });
      }),
    );
    expect(resources(configuration, VM).map((vm) => vm.name)).toContain(name);
  });

  test('without guests it is two bridges and the check of the node', () => {
    const configuration = synthesized(
      labWith((draft) => {
        draft.guests = [];
      }),
    );
    expect(counts(configuration)).toEqual({ [BRIDGE]: 2, terraform_data: 3 });
  });

  test('fifty guests have fifty VMs, snippets, waits and addresses, and share one image and the files of their roles', () => {
    const configuration = synthesized(labWith(manyGuests(50)));
    expect(counts(configuration)).toEqual({ [BRIDGE]: 2, [FILE]: 54, [VM]: 50, terraform_data: 54 });
    const macs = resources(configuration, VM).map(
      (vm) => (vm.network_device as { mac_address: string }[])[0]?.mac_address,
    );
    expect(new Set(macs).size).toBe(50);
  });

  test('a bridge that a cut off deployment has made is imported, and one that it only declared is taken back first', () => {
    const imports = (made: string[]) =>
      (JSON.parse(synthesizedText(labWith(), { lostBridges: { made, staged: [] } })) as { import?: object[] })
        .import;
    expect(imports([])).toBeUndefined();
    expect(imports(['vmbr20'])).toEqual([
      expect.objectContaining({ id: 'pve:vmbr20', to: expect.stringContaining('clients_bridge') }),
    ]);
    expect(synthesizedText(labWith(), { lostBridges: { made: [], staged: ['vmbr10'] } })).toContain(
      '"staged": "vmbr10"',
    );
  });

  test('guests that an older version made are accepted where they are taken over, and only those', () => {
    const takenOver = [{ address: 'proxmox_virtual_environment_vm.moodle', vmid: 116, name: 'moodle' }];
    expect(synthesizedText(labWith(), { takenOver })).toContain('contains([116], vm.vm_id)');
    expect(synthesizedText(labWith())).toContain('contains([], vm.vm_id)');
  });

  test('cloud images are downloaded, each once, by address and checksum, and the template is not needed', () => {
    const configuration = synthesized(
      labWith((draft) => {
        draft.images.source = 'cloud';
        draft.guests.push({
          name: 'second',
          role: 'moodle',
          vmid: 130,
          address: '192.168.10.30',
          image: 'debian',
        });
      }),
    );
    expect(counts(configuration)).toMatchObject({ proxmox_download_file: 3, [FILE]: 7, [VM]: 4 });
    for (const image of resources(configuration, 'proxmox_download_file')) {
      expect(image).toMatchObject({
        content_type: 'import',
        file_name: expect.stringMatching(/^lab-0a1b2c3d-./),
        overwrite: false,
        url: expect.stringMatching(/^https:/),
        checksum: expect.stringMatching(/^[0-9a-f]{64,128}$/),
        checksum_algorithm: expect.stringMatching(/^sha(256|512)$/),
      });
    }
    const second = resources(configuration, VM).find((vm) => vm.vm_id === 130);
    expect(second?.depends_on).toContainEqual(expect.stringContaining('.image-debian_file_'));
  });

  test("the node's settings are set where lab.yaml gives them, and files wait for their storages", () => {
    const configuration = synthesized(
      labWith((draft) => {
        draft.storage.snippets = 'shared';
        Object.assign(draft.node, {
          timeZone: 'Europe/Madrid',
          dns: { domain: 'example.org', servers: ['192.0.2.53'] },
          hosts: [{ address: '127.0.0.1', names: ['localhost', 'pve'] }],
          storageContent: ['snippets', 'import'],
        });
      }),
    );
    const settings = 'proxmox_virtual_environment_';
    expect(resources(configuration, `${settings}time`)).toMatchObject([{ time_zone: 'Europe/Madrid' }]);
    expect(resources(configuration, `${settings}dns`)).toMatchObject([
      { domain: 'example.org', servers: ['192.0.2.53'] },
    ]);
    expect(resources(configuration, `${settings}hosts`)).toMatchObject([
      { entry: [{ address: '127.0.0.1', hostnames: ['localhost', 'pve'] }] },
    ]);
    const content = [...addresses(configuration).keys()].find((address) => /storage-content/.test(address));
    expect(addresses(configuration).get(content ?? '')?.provisioner).toMatchObject([
      {
        'local-exec': {
          command: expect.stringContaining("'local' 'shared' '--content=snippets' '--content=import'"),
        },
      },
    ]);
    for (const address of addresses(configuration).keys()) {
      if (address.startsWith(FILE)) expect(requirements(configuration, address)).toContain(content);
    }
  });

  test("a rate of the servers' network becomes MiB/s of each guest's device, and none stays none", () => {
    const rates = (bitsPerSecond?: number) =>
      resources(
        synthesized(
          labWith((draft) => {
            if (bitsPerSecond) draft.networks.servers.rateBitsPerSecond = bitsPerSecond;
          }),
        ),
        VM,
      ).map((vm) => (vm.network_device as { rate_limit: number }[])[0]?.rate_limit);
    expect(rates(8 * 1024 ** 2 * 12.5)).toEqual([12.5, 12.5, 12.5]);
    expect(rates()).toEqual([0, 0, 0]);
  });

  test('a guest must have its application only where that is asked for', () => {
    const parameters = (requireApplication: boolean) =>
      synthesizedText(labWith(), { requireApplication }).match(/LAB_REQUIRE_APPLICATION='[01]'/g);
    expect(parameters(true)).toEqual(Array(3).fill("LAB_REQUIRE_APPLICATION='1'"));
    expect(parameters(false)).toEqual(Array(3).fill("LAB_REQUIRE_APPLICATION='0'"));
  });
});

describe('the connection to the node', () => {
  test('is read by Terraform itself from the file of the local node: no secret is synthesized', () => {
    const [provider] = synthesized(labWith()).provider.proxmox;
    expect(provider).toMatchObject({ insecure: false, ssh: { agent: false } });
    for (const value of [
      provider.endpoint,
      provider.api_token,
      (provider.ssh as { private_key: string }).private_key,
    ]) {
      expect(value).toMatch(/^\$\{try\(.*file\("\/state of node\/connection\.json"\)/);
    }
  });

  test('of a Proxmox VE node is what the lab has read and checked; the provider reads the secrets by itself', () => {
    const lab = labWith();
    const secrets = {
      PROXMOX_VE_API_TOKEN: 'lab@pve!deploy=5ec4e7-token',
      PROXMOX_VE_SSH_PRIVATE_KEY: '-----BEGIN RSA PRIVATE KEY-----\n5ec4e7-key\n',
      PROXMOX_VE_SSH_PASSWORD: '5ec4e7-password',
    };
    const connection = loadProviderConnection(lab, {
      PROXMOX_VE_ENDPOINT: 'https://pve.example.org:8006',
      PROXMOX_VE_SSH_USERNAME: 'root',
      LAB_SSH_ADDRESS: 'ssh.example.org',
      LAB_SSH_PORT: '2222',
      ...secrets,
    });
    const text = synthesizedText(lab, { connection });
    expect((JSON.parse(text) as Configuration).provider.proxmox).toEqual([
      {
        endpoint: 'https://pve.example.org:8006',
        insecure: false,
        ssh: {
          agent: false,
          username: 'root',
          node: [{ name: 'pve', address: 'ssh.example.org', port: 2222 }],
        },
      },
    ]);
    expect(text).not.toMatch(/5ec4e7|connection\.json/);
  });
});

test('a vmid gives a guest one MAC address for ever: locally administered, and another one for every other vmid', () => {
  expect(macAddress(129)).toBe('02:4C:00:00:00:81');
  expect(macAddress(999_999_999)).toBe('02:4C:3B:9A:C9:FF');
  const many = Array.from({ length: 5000 }, (_, index) => macAddress(100 + index * 199_999));
  expect(new Set(many).size).toBe(5000);
});
