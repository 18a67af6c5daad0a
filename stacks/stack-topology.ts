import type { Lab } from '../config/lab';
import { NO_VMID } from '../config/vmids';
import { guestMember, type Topology, type TopologyBridge, type TopologyMember } from '../topology/topology';
import type { LabStack } from './lab-stack';

/** What Terraform is given for a bridge and a guest, as far as the picture needs it. */
interface Resource {
  readonly '//': { readonly metadata: { readonly path: string } };
}
interface Bridge extends Resource {
  readonly name: string;
  readonly node_name: string;
  readonly address: string;
}
interface Vm extends Resource {
  readonly name: string;
  readonly node_name: string;
  readonly vm_id: number;
  readonly cpu: { readonly cores: number };
  readonly memory: { readonly dedicated: number };
  readonly network_device: readonly { readonly bridge: string }[];
  readonly initialization: {
    readonly ip_config: readonly { readonly ipv4: { readonly address: string } }[];
  };
}

interface Container extends Resource {
  readonly node_name: string;
  readonly vm_id: number;
  readonly cpu: { readonly cores: number };
  readonly memory: { readonly dedicated: number };
  readonly network_interface: readonly { readonly bridge: string }[];
  readonly initialization: Vm['initialization'] & { readonly hostname: string };
}

type ByName<Of> = Readonly<Record<string, Of>>;

interface Synthesized {
  readonly resource?: {
    readonly proxmox_network_linux_bridge?: ByName<Bridge>;
    readonly proxmox_virtual_environment_vm?: ByName<Vm>;
    readonly proxmox_virtual_environment_container?: ByName<Container>;
  };
}

export interface LinkTexts {
  /** What the links are shaped to; null = they are not. */
  readonly servers: string | null;
  readonly clients: string | null;
}

/**
 * The topology of a lab from what its constructs declare: nodes, bridges and guests are those of the synthesized stack. Clients
 * and the shapes of links are no resources: they are made by measuring, and taken from the lab.
 */
export function stackTopology(stack: LabStack, lab: Lab, links: LinkTexts): Topology {
  stack.prepareStack();
  const { resource = {} } = stack.toTerraform() as Synthesized;
  // As written, whatever the order of their addresses.
  const place = ({ name }: Vm): number => lab.guests.findIndex((guest) => guest.name === name);
  const vms = [
    ...Object.values(resource.proxmox_virtual_environment_vm ?? {}),
    ...Object.values(resource.proxmox_virtual_environment_container ?? {}).map(asVm),
  ]
    .map((vm) => (lab.guests[place(vm)]?.vmid === NO_VMID ? { ...vm, vm_id: NO_VMID } : vm))
    .sort((one, other) => place(one) - place(other));
  const bridges = Object.entries(resource.proxmox_network_linux_bridge ?? {}).sort(([, one], [, other]) =>
    networkOf(other).localeCompare(networkOf(one)),
  );
  const names = [...new Set(bridges.map(([, bridge]) => bridge.node_name))];
  return {
    lab: lab.name,
    nodes: names.map((name) => ({
      name,
      bridges: bridges
        .filter(([, bridge]) => bridge.node_name === name)
        .map(([id, bridge]) => placedBridge(bridge, { lab, links, guests: guestsOn(vms, id) })),
    })),
  };
}

/** The picture shows both kinds alike. */
function asVm(container: Container): Vm {
  const { initialization, network_interface: network_device } = container;
  return { ...container, name: initialization.hostname, network_device };
}

/** The guests whose network device refers to the bridge's resource. */
function guestsOn(vms: readonly Vm[], id: string): readonly TopologyMember[] {
  return vms
    .filter((vm) =>
      vm.network_device.some(({ bridge }) => bridge === `\${proxmox_network_linux_bridge.${id}.name}`),
    )
    .map((vm) =>
      guestMember({
        name: vm.name,
        address: vm.initialization.ip_config[0]?.ipv4.address.split('/')[0] ?? '',
        vmid: vm.vm_id,
        cores: vm.cpu.cores,
        memoryMiB: vm.memory.dedicated,
      }),
    );
}

function placedBridge(
  bridge: Bridge,
  {
    lab,
    links,
    guests,
  }: { readonly lab: Lab; readonly links: LinkTexts; readonly guests: readonly TopologyMember[] },
): TopologyBridge {
  const network = networkOf(bridge);
  const clients = lab.clients.map(({ name, address }) => ({ name, address, facts: [] }));
  return {
    name: bridge.name,
    network,
    address: bridge.address,
    shape: links[network],
    members: [...guests, ...(network === 'clients' ? clients : [])],
  };
}

/** The construct of a network is called by what it is for: lab/servers/bridge. */
function networkOf(bridge: Bridge): TopologyBridge['network'] {
  return bridge['//'].metadata.path.split('/').at(-2) === 'clients' ? 'clients' : 'servers';
}
