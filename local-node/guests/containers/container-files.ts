/** What Proxmox VE writes into a container's root file system: names, addresses, name servers. */
import type { RootFile } from '../../engine/container-engine';
import { type OptionValues, textOf } from '../../formats/option-values';
import { containerNics, hostnameOf } from './container-spec';

/** At each start, as a Debian system reads them. `nameserver` is for containers that have none of their own. */
export function networkFiles(vmid: number, values: OptionValues, nameserver: string | undefined): RootFile[] {
  const hostname = hostnameOf(vmid, values);
  const domain = textOf(values, 'searchdomain');
  const full = domain && !hostname.includes('.') ? `${hostname}.${domain.split(/[\s,;]+/)[0]} ` : '';
  const address = containerNics(values).flatMap(
    ({ option: { ip } }) => /^([\d.]+)\//.exec(String(ip))?.[1] ?? [],
  )[0];
  const servers = (textOf(values, 'nameserver') ?? nameserver ?? '').split(/[\s,;]+/).filter(Boolean);
  const lookup = [
    ...(domain ? [`search ${domain}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
  ];
  return [
    { path: '/etc/hostname', text: `${hostname}\n` },
    {
      path: '/etc/hosts',
      text: `127.0.0.1 localhost.localnet localhost\n${address ?? '127.0.1.1'} ${full}${hostname}\n`,
      marked: true,
    },
    ...(lookup.length > 0
      ? [{ path: '/etc/resolv.conf', text: `${lookup.join('\n')}\n`, marked: true }]
      : []),
    { path: '/etc/network/interfaces', text: interfacesText(values) },
  ];
}

/** ifupdown's file, the only place where Proxmox VE tells a Debian container its addresses. */
function interfacesText(values: OptionValues): string {
  const stanzas = containerNics(values).map(({ option: { name, ip, gw, ip6, gw6 } }) => {
    const family = (kind: string, given: unknown, gateway: unknown): string[] => {
      if (given === undefined) return [];
      if (!String(given).includes('/')) return [`iface ${name} ${kind} ${given}`];
      const lines = [`iface ${name} ${kind} static`, `\taddress ${given}`];
      return gateway === undefined ? lines : [...lines, `\tgateway ${gateway}`];
    };
    const four =
      ip === undefined && ip6 === undefined ? [`iface ${name} inet manual`] : family('inet', ip, gw);
    return [`auto ${name}`, ...four, ...family('inet6', ip6, gw6)].join('\n');
  });
  const loopback = 'auto lo\niface lo inet loopback\niface lo inet6 loopback';
  return `${[loopback, ...stanzas].join('\n\n')}\n\n`;
}

/** Once, at the creation: keys by which root may log in. */
export function authorizedKeys(text: string): RootFile {
  const keys = `${text.trim()}\n`;
  return { path: '/root/.ssh/authorized_keys', text: keys, mode: 0o600 };
}
