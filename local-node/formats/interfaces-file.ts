/**
 * The file etc/network/interfaces in the format of ifupdown, as far as the local node knows it: bridges, and ethernet
 * interfaces as bare names. Stanzas of other kinds are kept as they are.
 */

import { oneLine } from './control-characters';

export interface Interface {
  readonly name: string;
  readonly type: 'bridge' | 'eth';
  /** True if a reload brings it up. */
  readonly autostart: boolean;
  /**
   * What the stanza says of its IPv4 address. A change without an address makes it manual, as on Proxmox VE, and the
   * address stays and is applied all the same.
   * @default static with an address, else manual
   */
  readonly method?: 'static' | 'manual';
  /** IPv4 address with prefix length. */
  readonly cidr?: string;
  readonly gateway?: string;
  readonly cidr6?: string;
  readonly gateway6?: string;
  readonly mtu?: number;
  readonly ports: readonly string[];
  /** Each line ends with a newline. */
  readonly comments?: string;
}

const HEADER = `# Network of the local node, in the format of ifupdown. Changed through the API; see interfaces.new for what is
# declared and not yet applied. Nothing here concerns the machine that the node runs on.

auto lo
iface lo inet loopback
`;

export function methodOf({ method, cidr }: Interface): 'static' | 'manual' {
  return method ?? (cidr ? 'static' : 'manual');
}

interface Stanza {
  readonly options: Map<string, string>;
  readonly comments: string[];
  inet6: boolean;
  method?: 'manual';
}

/** Throws with the line's number at what it cannot read. */
export function parseInterfaces(text: string): Interface[] {
  if (!text.endsWith('\n')) throw new Error(text === '' ? 'the file is empty' : 'the last line is cut off');
  const auto = new Set<string>();
  const stanzas = new Map<string, Stanza>();
  let current: Stanza | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    const [first = '', name = '', family = '', method = ''] = words;
    const fault = () => new Error(`line ${index + 1} cannot be read: '${line}'`);
    if (first === 'auto') {
      for (const item of words.slice(1)) auto.add(item);
      current = undefined;
    } else if (first === 'iface') {
      if (!['inet', 'inet6'].includes(family) || method === '') throw fault();
      current = stanzas.get(name) ?? { options: new Map(), comments: [], inet6: false };
      current.inet6 = family === 'inet6';
      if (family === 'inet' && method === 'manual') current.method = method;
      if (name !== 'lo') stanzas.set(name, current);
    } else if (first.startsWith('#')) {
      current?.comments.push(line.slice(line.indexOf('#') + 1));
    } else if (first !== '') {
      if (!current || name === '') throw fault();
      const option = current.inet6 ? `6${first}` : first;
      current.options.set(option, words.slice(1).join(' '));
    }
  }
  return [...stanzas].map(([name, { options, comments, method }]) => {
    const ports = (options.get('bridge-ports') ?? '').split(/\s+/).filter((port) => port && port !== 'none');
    return {
      name,
      type: options.has('bridge-ports') ? ('bridge' as const) : ('eth' as const),
      autostart: auto.has(name),
      ports,
      method: options.has('address') ? method : undefined,
      cidr: options.get('address'),
      gateway: options.get('gateway'),
      cidr6: options.get('6address'),
      gateway6: options.get('6gateway'),
      mtu: options.has('mtu') ? Number(options.get('mtu')) : undefined,
      comments: comments.length > 0 ? comments.map((line) => `${line}\n`).join('') : undefined,
    };
  });
}

export function printInterfaces(interfaces: readonly Interface[]): string {
  return [HEADER, ...interfaces.map(stanza)].join('\n');
}

function stanza(entry: Interface): string {
  for (const [key, value] of Object.entries({ ...entry, comments: '', ports: entry.ports.join(' ') })) {
    oneLine(key, String(value));
  }
  const lines: string[] = [];
  if (entry.autostart) lines.push(`auto ${entry.name}`);
  lines.push(`iface ${entry.name} inet ${methodOf(entry)}`);
  if (entry.cidr) lines.push(`\taddress ${entry.cidr}`);
  if (entry.gateway) lines.push(`\tgateway ${entry.gateway}`);
  if (entry.type === 'bridge') {
    lines.push(`\tbridge-ports ${entry.ports.join(' ') || 'none'}`, '\tbridge-stp off', '\tbridge-fd 0');
  }
  if (entry.mtu !== undefined) lines.push(`\tmtu ${entry.mtu}`);
  for (const line of entry.comments?.replace(/\n$/, '').split('\n') ?? []) lines.push(`#${line}`);
  if (entry.cidr6) {
    lines.push('', `iface ${entry.name} inet6 static`, `\taddress ${entry.cidr6}`);
    if (entry.gateway6) lines.push(`\tgateway ${entry.gateway6}`);
  }
  return `${lines.join('\n')}\n`;
}
