import {
  addresses,
  type Configuration,
  type Draft,
  labWith,
  requirements,
  resources,
  synthesized,
  synthesizedText,
} from './synthesized';

const VM = 'proxmox_virtual_environment_vm';
const FILE = 'proxmox_virtual_environment_file';
const BRIDGE = 'proxmox_network_linux_bridge';
const proxmox = {
  kind: 'proxmox',
  endpoint: 'https://pve:8006',
  insecure: false,
  ssh: { address: 'pve.example.org', port: 22, username: 'root', agent: true },
} as const;

/** The project's own lab with its last two guests on other nodes, and what the test says of those. */
function onNodes(
  change: (draft: Draft) => void = () => {},
  nodes: readonly string[] = ['pve', 'pve2', 'pve3'],
) {
  return labWith((draft) => {
    draft.guests.forEach((guest, index) => {
      guest.node = nodes[index];
    });
    change(draft);
  });
}

function files(configuration: Configuration, kind: RegExp): readonly string[] {
  return [...addresses(configuration)]
    .filter(([address]) => address.startsWith(FILE) && kind.test(address))
    .map(([, file]) => `${file.node_name} ${file.datastore_id}`)
    .sort();
}

describe('a lab on one node', () => {
  test('has the same configuration where guests name the node', () => {
    expect(synthesizedText(onNodes(undefined, ['pve', 'pve', 'pve']))).toBe(synthesizedText(labWith()));
  });
});

describe('guests on several nodes', () => {
  test('are made where they are said to be, on a bridge of that node', () => {
    const configuration = synthesized(onNodes(), { connection: proxmox });
    const all = addresses(configuration);
    const places = resources(configuration, VM).map((vm) => {
      const [{ bridge } = { bridge: '' }] = vm.network_device as { bridge: string }[];
      return [vm.vm_id, vm.node_name, all.get(bridge.slice(2, -'.name}'.length))?.node_name];
    });
    expect(places).toEqual([
      [116, 'pve2', 'pve2'],
      [128, 'pve3', 'pve3'],
      [129, 'pve', 'pve'],
    ]);
  });

  test("leave the clients' network and the addresses of what was there on the lab's own node", () => {
    const configuration = synthesized(onNodes(), { connection: proxmox });
    const bridges = Object.entries(configuration.resource[BRIDGE] ?? {}).map(([name, bridge]) => [
      name.replace(/_[0-9A-F]+$/, ''),
      bridge.node_name,
      bridge.name,
    ]);
    expect(bridges).toEqual([
      ['clients_bridge', 'pve', 'vmbr20'],
      ['on-pve2_servers_bridge', 'pve2', 'vmbr10'],
      ['on-pve3_servers_bridge', 'pve3', 'vmbr10'],
      ['servers_bridge', 'pve', 'vmbr10'],
    ]);
    const kept = [...addresses(synthesized(labWith())).keys()].filter((name) => !name.includes('.role-'));
    expect([...addresses(configuration).keys()]).toEqual(expect.arrayContaining(kept));
  });

  test("get their image and their role's file on their own node where storages are not shared", () => {
    const configuration = synthesized(onNodes(), { connection: proxmox });
    const everywhere = ['pve local', 'pve2 local', 'pve3 local'];
    expect(files(configuration, /template-abc/)).toEqual(everywhere);
    expect(files(configuration, /role-/)).toEqual(everywhere);
    expect(files(configuration, /user-data/)).toEqual(everywhere);
  });

  test('share an image that is in a storage which their nodes share, and wait for it', () => {
    const configuration = synthesized(
      onNodes((draft) => {
        draft.storage = { ...draft.storage, images: 'nas', shared: ['nas'] };
      }),
      { connection: proxmox },
    );
    expect(files(configuration, /template-abc/)).toEqual(['pve nas']);
    const [image] = [...addresses(configuration).keys()].filter((name) => name.includes('template-abc'));
    for (const { depends_on } of resources(configuration, VM)) expect(depends_on).toContain(image);
  });

  test('share one among other nodes that have it, also where their own node has another', () => {
    const configuration = synthesized(
      onNodes((draft) => {
        draft.storage = { ...draft.storage, shared: ['nas'] };
        draft.nodes = { pve2: { storage: { images: 'nas' } }, pve3: { storage: { images: 'nas' } } };
      }),
      { connection: proxmox },
    );
    expect(files(configuration, /template-abc/)).toEqual(['pve local', 'pve2 nas']);
  });

  test('download a cloud image once for each node that has guests of it', () => {
    const configuration = synthesized(
      onNodes(
        (draft) => {
          draft.images.source = 'cloud';
          for (const guest of draft.guests) Object.assign(guest, { image: 'debian', diskGiB: 10 });
        },
        ['pve', 'pve2', 'pve2'],
      ),
      { connection: proxmox },
    );
    const images = [...addresses(configuration)].filter(([address]) => address.includes('image-debian'));
    expect(images.map(([, image]) => image.node_name).sort()).toEqual(['pve', 'pve2']);
  });

  test('have the storages and the bridge that lab.yaml says of their node', () => {
    const configuration = synthesized(
      onNodes((draft) => {
        draft.nodes = {
          pve2: { storage: { disks: 'zfs', snippets: 'dir' }, bridges: { servers: 'vmbr11' } },
        };
      }),
      { connection: proxmox },
    );
    expect(resources(configuration, VM).find(({ vm_id }) => vm_id === 116)).toMatchObject({
      disk: [{ datastore_id: 'zfs', import_from: expect.stringMatching(/^local:import/) }],
      initialization: {
        datastore_id: 'zfs',
        user_data_file_id: expect.stringMatching(/^dir:snippets/),
        vendor_data_file_id: expect.stringMatching(/^dir:snippets/),
      },
    });
    const bridge = resources(configuration, BRIDGE).find(({ node_name }) => node_name === 'pve2');
    expect(bridge).toMatchObject({
      name: 'vmbr11',
      address: '192.168.10.1/24',
      comment: 'lab: servers (lab-0a1b2c3d)',
    });
  });

  test('have the storages of their nodes accept what is asked, one node after the other', () => {
    const configuration = synthesized(
      onNodes((draft) => {
        draft.node.storageContent = ['import', 'snippets'];
      }),
      { connection: proxmox },
    );
    const hooks = [...addresses(configuration)].filter(([, { provisioner }]) =>
      JSON.stringify(provisioner ?? '').includes('allow-storage-content.ts'),
    );
    const commands = hooks.map(([, { provisioner }]) => provisioner?.[0]?.['local-exec'].command);
    expect(commands).toEqual([
      expect.stringContaining("allow-storage-content.ts 'local'"),
      expect.stringContaining("allow-storage-content.ts '--node=pve2' 'local'"),
      expect.stringContaining("allow-storage-content.ts '--node=pve3' 'local'"),
    ]);
    const [first, second, third] = hooks.map(([address]) => address);
    expect(requirements(configuration, second ?? '')).toContain(first);
    expect(requirements(configuration, third ?? '')).toContain(second);
  });

  test('have a bridge taken in that a deployment which was cut off has left on their node', () => {
    const lostBridges = { made: ['pve2/vmbr10'], staged: [] };
    const text = synthesizedText(onNodes(), { connection: proxmox, lostBridges });
    expect((JSON.parse(text) as { import?: object[] }).import).toEqual([
      expect.objectContaining({
        id: 'pve2:vmbr10',
        to: expect.stringContaining('on-pve2_servers_bridge'),
      }),
    ]);
  });

  test('are reached over SSH where lab.yaml says, and otherwise where the API says that their node is', () => {
    const lab = onNodes((draft) => {
      draft.nodes = { pve2: { ssh: { address: '192.0.2.12' } } };
    });
    const [{ ssh }] = synthesized(lab, { connection: proxmox }).provider.proxmox;
    expect(ssh).toMatchObject({
      node: [
        { name: 'pve', address: 'pve.example.org', port: 22 },
        { name: 'pve2', address: '192.0.2.12', port: 22 },
      ],
    });
  });

  test.each([[['pve', 'pve2', 'pve3']], [['pve2', 'pve2', 'pve2']]])(
    'have all that is made checked before, and guarded while it is destroyed (%j)',
    (nodes) => {
      const configuration = synthesized(onNodes(undefined, nodes), { connection: proxmox });
      const named = (script: string) =>
        [...addresses(configuration)].find(([, { provisioner }]) =>
          JSON.stringify(provisioner ?? '').includes(script),
        )?.[0] ?? '';
      const check = named('check-node.ts');
      const guard = requirements(configuration, named('"when":"destroy"'));
      for (const address of addresses(configuration).keys()) {
        if (address !== check) expect([...requirements(configuration, address)]).toContain(check);
        if (!/_readiness_|destroy_guard/.test(address)) expect(guard).toContain(address);
      }
    },
  );

  test('have their nodes checked again when one is given another storage, bridge or guest', () => {
    const triggers = (change?: (draft: Draft) => void, nodes?: string[]) =>
      JSON.stringify(
        [...addresses(synthesized(onNodes(change, nodes), { connection: proxmox }))].find(([address]) =>
          address.includes('node-check'),
        )?.[1].triggers_replace,
      );
    const storage = triggers((draft) => {
      draft.nodes = { pve2: { storage: { disks: 'zfs' } } };
    });
    const bridge = triggers((draft) => {
      draft.nodes = { pve2: { bridges: { servers: 'vmbr11' } } };
    });
    const all = [triggers(), storage, bridge, triggers(undefined, ['pve', 'pve3', 'pve2'])];
    expect(new Set(all).size).toBe(all.length);
  });
});
