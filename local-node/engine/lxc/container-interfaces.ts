import type { ContainerInterface } from '../container-engine';

interface Link {
  readonly ifname: string;
  readonly address?: string;
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

/** What `ip -json address show` says. */
export function readInterfaces(json: string): ContainerInterface[] {
  return (JSON.parse(json || '[]') as readonly Link[]).map(({ ifname, address, addr_info = [] }) => ({
    name: ifname,
    mac: address ?? '',
    addresses: addr_info.flatMap(({ family, local, prefixlen }) =>
      family === 'inet' || family === 'inet6' ? [{ family, address: local, prefix: prefixlen }] : [],
    ),
  }));
}
