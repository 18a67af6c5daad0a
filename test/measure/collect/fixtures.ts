import type { Lab } from '../../../config/lab';

/** A small lab, with the addresses of NamespaceNode. */
export function testLab(changes: Partial<Lab> = {}): Lab {
  return {
    name: 'trial',
    nodeName: 'pve',
    node: {},
    storage: { disks: 'local-lvm', images: 'local', snippets: 'local' },
    networks: {
      servers: { bridge: 'vmbr10', cidr: '192.168.10.0/24', gateway: '192.168.10.1' },
      clients: { bridge: 'vmbr20', cidr: '192.168.20.0/24', gateway: '192.168.20.1' },
    },
    images: { source: 'template', deploy: 'import', cloud: {} },
    guests: [
      guest('wordpress', 129, '192.168.10.29'),
      guest('moodle', 116, '192.168.10.16'),
      guest('mediawiki', 128, '192.168.10.28'),
    ],
    templates: [],
    clients: [
      { name: 'client1', address: '192.168.20.11' },
      { name: 'client2', address: '192.168.20.12' },
    ],
    readinessSeconds: 60,
    localPorts: 20_000,
    seed: 2019,
    plans: {
      tiny: {
        resources: { blocks: 2, intervalSeconds: 0.02, samples: 4, settleSeconds: 0.04 },
        qos: { sessions: 1, clients: 2, pages: 3, thinkSeconds: [0.01, 0.02], probes: 3 },
        load: {
          repetitions: 1,
          pages: 2,
          rates: { first: 20, factor: 2, steps: 2, refinements: 0 },
          stepSeconds: 1,
          drainSeconds: 10,
          inFlight: 50,
          limits: { answeredPercent: 99, latencySeconds: 4, growthPercent: 5 },
        },
      },
    },
    ...changes,
  };
}

function guest(name: Lab['guests'][number]['role'], vmid: number, address: string): Lab['guests'][number] {
  return {
    ...{
      name,
      role: name,
      kind: 'vm',
      vmid,
      address,
      cores: 1,
      memoryMiB: 1024,
      diskGiB: 8,
      image: 'debian',
    },
  };
}

/** Where no guest is to be asked anything. */
export function noAgent(): never {
  throw new Error('no guest is to be asked');
}
