/** The files of a guest's cloud-init drive (NoCloud) from its configuration, in the form that Proxmox VE gives them. */
import { createHash } from 'node:crypto';
import type { CloudInitFiles } from '../engine/guest-engine';
import { nicsOf, type OptionValue, type OptionValues, textOf } from '../formats/option-values';
import { parsePropertyString } from '../formats/property-string';
import type { PropertyFormat } from '../formats/schema';

const word = { type: 'string', optional: true } as const;
const CUSTOM: PropertyFormat = { keys: { user: word, network: word, meta: word, vendor: word } };
const IP_CONFIG: PropertyFormat = { keys: { ip: word, gw: word, ip6: word, gw6: word } };

/** A guest's options, with the node's name servers where it has none of its own, as on Proxmox VE. */
export function withNameserver(
  values: OptionValues,
  nameserver: string | undefined,
): Map<string, OptionValue> {
  if (nameserver === undefined || values.has('nameserver')) return new Map(values);
  return new Map(values).set('nameserver', nameserver);
}

/** `readSnippet` gives the text of a snippet by its volume id. */
export async function cloudInitFiles(
  vmid: number,
  values: OptionValues,
  readSnippet: (volid: string) => Promise<string>,
): Promise<CloudInitFiles> {
  const custom = parsePropertyString(CUSTOM, textOf(values, 'cicustom') ?? '');
  const snippet = async (name: string) => {
    const volid = custom[name];
    return volid === undefined ? undefined : readSnippet(String(volid));
  };
  const userData = (await snippet('user')) ?? defaultUserData(vmid, values);
  const networkConfig = (await snippet('network')) ?? defaultNetworkConfig(values);
  const metaData = (await snippet('meta')) ?? metaDataFor(userData, networkConfig);
  const vendorData = await snippet('vendor');
  const files = { 'user-data': userData, 'network-config': networkConfig, 'meta-data': metaData };
  return vendorData === undefined ? files : { ...files, 'vendor-data': vendorData };
}

/** A new instance id whenever the data changes, so that cloud-init applies it again. */
export function metaDataFor(userData: string, networkConfig: string): string {
  return `instance-id: ${createHash('sha1').update(userData).update(networkConfig).digest('hex')}\n`;
}

export function defaultUserData(vmid: number, values: OptionValues): string {
  const hostName = textOf(values, 'name') ?? `VM${vmid}`;
  const domain = textOf(values, 'searchdomain')?.split(/\s+/)[0];
  const fullName = hostName.includes('.') || !domain ? hostName : `${hostName}.${domain}`;
  const user = textOf(values, 'ciuser');
  const password = textOf(values, 'cipassword');
  const keys = decodeURIComponent(textOf(values, 'sshkeys') ?? '')
    .split('\n')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  const lines = [
    '#cloud-config',
    `hostname: ${hostName.split('.')[0]}`,
    'manage_etc_hosts: true',
    `fqdn: ${/^[\w.-]+$/.test(fullName) ? fullName : quote(fullName)}`,
  ];
  if (user !== undefined) lines.push(`user: ${/^[a-z_][\w-]*$/i.test(user) ? user : quote(user)}`);
  if (password !== undefined) lines.push(`password: ${quote(password)}`);
  if (keys.length > 0) lines.push('ssh_authorized_keys:', ...keys.map((key) => `  - ${quote(key)}`));
  lines.push('chpasswd:', '  expire: False');
  if (user !== 'root') lines.push('users:', '  - default');
  lines.push(`package_upgrade: ${textOf(values, 'ciupgrade') === '0' ? 'false' : 'true'}`);
  return `${lines.join('\n')}\n`;
}

/** Network configuration, version 1, of every interface that has an ipconfig. */
export function defaultNetworkConfig(values: OptionValues): string {
  const lines = ['version: 1', 'config:'];
  for (const { index, nic } of nicsOf(values)) {
    const addresses = textOf(values, `ipconfig${index}`);
    if (addresses === undefined) continue;
    const mac = nic.macaddr?.toLowerCase();
    lines.push('    - type: physical', `      name: eth${index}`);
    if (mac) lines.push(`      mac_address: ${quote(mac)}`);
    lines.push('      subnets:', ...subnets(parsePropertyString(IP_CONFIG, addresses)));
  }
  const servers = list(textOf(values, 'nameserver'));
  const domains = list(textOf(values, 'searchdomain'));
  if (servers.length > 0 || domains.length > 0) {
    lines.push(
      '    - type: nameserver',
      '      address:',
      ...servers.map((server) => `      - ${quote(server)}`),
    );
    lines.push('      search:', ...domains.map((domain) => `      - ${quote(domain)}`));
  }
  return `${lines.join('\n')}\n`;
}

function subnets(config: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  const { ip, gw, ip6, gw6 } = config as Record<string, string | undefined>;
  if (ip === 'dhcp') {
    lines.push('      - type: dhcp4');
  } else if (ip !== undefined && ip !== 'manual') {
    const [address, prefix] = ip.split('/');
    lines.push('      - type: static', `        address: ${quote(address ?? ip)}`);
    lines.push(`        netmask: ${quote(netmask(Number(prefix)))}`);
    if (gw !== undefined) lines.push(`        gateway: ${quote(gw)}`);
  }
  if (ip6 === 'dhcp') {
    lines.push('      - type: dhcp6');
  } else if (ip6 === 'auto') {
    lines.push('      - type: ipv6_slaac');
  } else if (ip6 !== undefined && ip6 !== 'manual') {
    lines.push('      - type: static6', `        address: ${quote(ip6)}`);
    if (gw6 !== undefined) lines.push(`        gateway: ${quote(gw6)}`);
  }
  return lines;
}

/** 24 becomes 255.255.255.0. */
export function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

function list(value: string | undefined): string[] {
  return (value ?? '').split(/[\s,;]+/).filter((item) => item !== '');
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
