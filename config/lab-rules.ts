import { type AddressRange, overlap, parseAddress, parseNetwork } from './ipv4';
import { TEMPLATE_DISK_GIB } from './lab-schema';
import type { TakenNetwork } from './taken-networks';
import type { Fault } from './yaml-file';

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/**
 * The rules between fields: what must be unique, what must lie in what. They read the file as it was written, not as
 * it was checked, and pass over anything of the wrong type: so a misspelt key in one guest does not hide that two
 * others share an address. `roles` are the roles there are, `taken` networks that somebody else
 * has.
 */
export function crossFieldFaults(
  file: unknown,
  roles: readonly string[],
  taken: readonly TakenNetwork[] = [],
): readonly Fault[] {
  const lab = fields(file);
  return [
    ...networkFaults(lab),
    ...takenFaults(lab, taken),
    ...hostFaults(lab, 'guests', 'servers'),
    ...hostFaults(lab, 'clients', 'clients'),
    ...nameFaults(lab),
    ...duplicates('guests', lab, 'vmid', (value) =>
      typeof value === 'number' ? `vmid ${value}` : undefined,
    ),
    ...roleFaults(lab, roles),
    ...imageFaults(lab),
    ...diskFaults(lab),
    ...planFaults(lab),
    ...hostsFileFaults(lab),
  ];
}

function networkFaults(lab: Fields): readonly Fault[] {
  const networks = fields(lab.networks);
  const faults: Fault[] = [];
  for (const name of ['servers', 'clients']) {
    const network = fields(networks[name]);
    const range = rangeOf(network);
    const gateway = text(network.gateway);
    if (!range || gateway === undefined) continue;
    const fault = placeFault(gateway, range, text(network.cidr) ?? '', `the ${name} network`);
    if (fault) faults.push({ path: ['networks', name, 'gateway'], message: fault });
  }
  const [servers, clients] = [fields(networks.servers), fields(networks.clients)];
  if (text(servers.bridge) !== undefined && servers.bridge === clients.bridge) {
    faults.push({
      path: ['networks', 'clients', 'bridge'],
      message: `${servers.bridge} is the bridge of the servers network already`,
    });
  }
  const { delayMs, jitterMs } = clients;
  if (typeof jitterMs === 'number' && (typeof delayMs !== 'number' || jitterMs > delayMs)) {
    faults.push({
      path: ['networks', 'clients', 'jitterMs'],
      message: `${jitterMs} ms need a delayMs at least as large: no packet arrives before it was sent`,
    });
  }
  const [one, two] = [rangeOf(servers), rangeOf(clients)];
  if (one && two && overlap(one, two)) {
    faults.push({
      path: ['networks', 'clients', 'cidr'],
      message: `${clients.cidr} overlaps the servers network ${servers.cidr}`,
    });
  }
  return faults;
}

/** One fault for each network, though several may have it. */
function takenFaults(lab: Fields, taken: readonly TakenNetwork[]): readonly Fault[] {
  return ['servers', 'clients'].flatMap((name) => {
    const network = fields(fields(lab.networks)[name]);
    const range = rangeOf(network);
    const other = range && taken.find((each) => overlap(range, each.range));
    if (!other) return [];
    return [
      {
        path: ['networks', name, 'cidr'],
        message: `${network.cidr} overlaps ${other.by}; take another network`,
      },
    ];
  });
}

/** Addresses of guests or clients: in their network, not its own or the gateway's, no two alike. */
function hostFaults(lab: Fields, key: 'guests' | 'clients', networkName: string): readonly Fault[] {
  const network = fields(fields(lab.networks)[networkName]);
  const range = rangeOf(network);
  const faults: Fault[] = [];
  list(lab[key]).forEach((host, index) => {
    const address = text(host.address);
    if (!range || address === undefined) return;
    const fault =
      address === network.gateway
        ? `${address} is the gateway of the ${networkName} network`
        : placeFault(address, range, text(network.cidr) ?? '', `the ${networkName} network`);
    if (fault) faults.push({ path: [key, index, 'address'], message: fault });
  });
  return [...faults, ...duplicates(key, lab, 'address', (value) => text(value))];
}

function placeFault(address: string, range: AddressRange, cidr: string, network: string): string | undefined {
  const number = parseAddress(address);
  if (number === undefined) return undefined;
  if (number < range.first || number > range.last) return `${address} is not in ${network} ${cidr}`;
  if (number === range.first) return `${address} is the address of ${network} itself`;
  if (number === range.last) return `${address} is the broadcast address of ${network}`;
  return undefined;
}

/** Names of guests and of clients; host names do not tell capitals apart. */
function nameFaults(lab: Fields): readonly Fault[] {
  const seen = (value: unknown) => text(value)?.toLowerCase();
  return [...duplicates('guests', lab, 'name', seen), ...duplicates('clients', lab, 'name', seen)];
}

function duplicates(
  key: 'guests' | 'clients',
  lab: Fields,
  field: string,
  identity: (value: unknown) => string | undefined,
): readonly Fault[] {
  const first = new Map<string, number>();
  const faults: Fault[] = [];
  list(lab[key]).forEach((host, index) => {
    const id = identity(host[field]);
    if (id === undefined) return;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else faults.push({ path: [key, index, field], message: `${id} is taken by ${key}[${earlier}]` });
  });
  return faults;
}

/** A disk is made from its image, and can only grow. */
function diskFaults(lab: Fields): readonly Fault[] {
  const images = fields(lab.images);
  return list(lab.guests).flatMap((guest, index) => {
    const { diskGiB = TEMPLATE_DISK_GIB } = guest;
    const image = text(guest.image) ?? '';
    const least =
      images.source === 'template' ? TEMPLATE_DISK_GIB : fields(fields(images.cloud)[image]).minimumDiskGiB;
    if (typeof diskGiB !== 'number' || typeof least !== 'number' || diskGiB >= least) return [];
    const which = images.source === 'template' ? 'the template' : `the image ${image}`;
    const unsaid = guest.diskGiB === undefined ? ', the default,' : '';
    const message = `${diskGiB} GiB${unsaid} is less than ${which} itself has (${least} GiB), and a disk cannot be shrunk`;
    return [{ path: ['guests', index, 'diskGiB'], message }];
  });
}

/** A guest has its role and the lab's name as tags, which must be told apart. */
function roleFaults(lab: Fields, roles: readonly string[]): readonly Fault[] {
  const faults: Fault[] = [];
  const name = text(lab.name);
  if (name !== undefined && roles.includes(name)) {
    const message = `"${name}" is a role: guests have both as tags, so that those of another lab would pass for this one's; take another name`;
    faults.push({ path: ['name'], message });
  }
  list(lab.guests).forEach((guest, index) => {
    const role = text(guest.role);
    if (role === undefined || roles.includes(role)) return;
    const message = `"${role}" is no role; there are ${roles.join(', ')}, and those that you put into roles/ beside this file (docs/how-to/your-own-application.md)`;
    faults.push({ path: ['guests', index, 'role'], message });
  });
  return faults;
}

function imageFaults(lab: Fields): readonly Fault[] {
  const images = fields(lab.images);
  const cloud = fields(images.cloud);
  const known = Object.keys(cloud);
  const faults: Fault[] = [];
  const used = new Set<string>();
  list(lab.guests).forEach((guest, index) => {
    const image = text(guest.image);
    if (image === undefined) {
      if (images.source === 'cloud' && guest.image === undefined) {
        faults.push({
          path: ['guests', index, 'image'],
          message: `is missing; one of: ${known.join(', ') || 'none is declared'}`,
        });
      }
      return;
    }
    if (!Object.hasOwn(cloud, image)) {
      const message = `"${image}" is not declared under images.cloud (${known.join(', ') || 'which is empty'})`;
      faults.push({ path: ['guests', index, 'image'], message });
      return;
    }
    if (images.source === 'cloud') used.add(image);
  });
  for (const image of used) {
    if (fields(cloud[image]).checksum !== '') continue;
    faults.push({
      path: ['images', 'cloud', image, 'checksum'],
      message: `is empty; the distribution publishes it in the directory of ${fields(cloud[image]).url} (SHA256SUMS, SHA512SUMS or <image>.SHA256SUM)`,
    });
  }
  return faults;
}

/** As in measure/analyse/precision.ts, with the reason; a test holds both together. */
const fewestForPrecision = 6;

/** Requests in a step of load: with fewer no percentile says anything, with more no raw file is handy. */
const requestsPerStep = { fewest: 5, most: 100_000 };

function planFaults(lab: Fields): readonly Fault[] {
  const clients = list(lab.clients).length;
  const faults: Fault[] = [];
  if (lab.plans !== undefined && Object.keys(fields(lab.plans)).length === 0) {
    faults.push({ path: ['plans'], message: 'needs at least one plan' });
  }
  for (const [name, plan] of Object.entries(fields(lab.plans))) {
    const wanted = fields(fields(plan).qos).clients;
    if (typeof wanted === 'number' && wanted > clients) {
      const message = `${wanted} clients are to browse at once, but only ${clients} are declared under clients`;
      faults.push({ path: ['plans', name, 'qos', 'clients'], message });
    }
    const { settleSeconds, settleAtLeastSeconds } = fields(fields(plan).resources);
    if (
      typeof settleSeconds === 'number' &&
      typeof settleAtLeastSeconds === 'number' &&
      settleAtLeastSeconds > settleSeconds
    ) {
      const message = `${settleAtLeastSeconds} s are more than the longest wait, settleSeconds: ${settleSeconds}`;
      faults.push({ path: ['plans', name, 'resources', 'settleAtLeastSeconds'], message });
    }
    for (const [scenario, most] of [
      ['resources', 'blocks'],
      ['qos', 'sessions'],
    ] as const) {
      const settings = fields(fields(plan)[scenario]);
      const count = settings[most];
      if (settings.precision !== undefined && typeof count === 'number' && count <= fewestForPrecision) {
        const message = `${count} ${most} leave nothing to stop: precision is asked from ${fewestForPrecision} on, so it needs more`;
        faults.push({ path: ['plans', name, scenario, 'precision'], message });
      }
    }
    faults.push(...loadFaults(fields(fields(plan).load), ['plans', name, 'load', 'rates']));
  }
  return faults;
}

function loadFaults(load: Fields, path: Fault['path']): readonly Fault[] {
  const { first, factor, steps } = fields(load.rates);
  const { stepSeconds } = load;
  if (typeof first !== 'number' || typeof stepSeconds !== 'number') return [];
  const { fewest, most } = requestsPerStep;
  const faults: Fault[] = [];
  if (first * stepSeconds < fewest) {
    const message = `${first} requests/s for ${stepSeconds} s are fewer than ${fewest} requests, which say nothing`;
    faults.push({ path: [...path, 'first'], message });
  }
  if (typeof factor !== 'number' || typeof steps !== 'number') return faults;
  const last = first * factor ** (steps - 1);
  if (last * stepSeconds > most) {
    const message = `the last of ${steps} steps would send ${last.toPrecision(3)} requests/s for ${stepSeconds} s, more than ${most} requests`;
    faults.push({ path: [...path, 'steps'], message });
  }
  return faults;
}

/** The provider replaces the whole hosts file; without these two entries the node's own services would not start. */
function hostsFileFaults(lab: Fields): readonly Fault[] {
  const node = fields(lab.node);
  if (!Array.isArray(node.hosts)) return [];
  const names = list(node.hosts).flatMap((entry) => (Array.isArray(entry.names) ? entry.names : []));
  return ['localhost', node.name]
    .filter((name) => !names.includes(name))
    .map((name) => ({
      path: ['node', 'hosts'],
      message: `has no entry for ${name}; it stands for the whole hosts file of the node, which needs one`,
    }));
}

function rangeOf(network: Fields): AddressRange | undefined {
  const cidr = text(network.cidr);
  const range = cidr === undefined ? undefined : parseNetwork(cidr);
  return range && !('fault' in range) ? range : undefined;
}
