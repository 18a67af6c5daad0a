import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { badParameters, HttpError } from '../base/api-error';
import { readStateFile, writeStateFile } from '../base/state-file';
import type { LocalNode } from '../node';

/** DNS, time zone and hosts of the node: kept in its own state, never the machine's. */

export interface Dns {
  readonly search?: string;
  readonly servers: readonly string[];
}

function path(node: LocalNode, name: string): string {
  return join(node.stateDir, 'etc', name);
}

export function readDns(node: LocalNode): Dns {
  const lines = (readStateFile(path(node, 'resolv.conf')) ?? '').split('\n').map((line) => line.split(/\s+/));
  const search = lines.find(([word]) => word === 'search')?.[1];
  const servers = lines.filter(([word]) => word === 'nameserver').map(([, server = '']) => server);
  return { ...(search ? { search } : {}), servers };
}

export async function writeDns(node: LocalNode, dns: Dns): Promise<void> {
  const lines = [
    ...(dns.search ? [`search ${dns.search}`] : []),
    ...dns.servers.map((server) => `nameserver ${server}`),
  ];
  await writeStateFile(path(node, 'resolv.conf'), `${lines.join('\n')}\n`);
}

export function readTimeZone(node: LocalNode): string {
  return readStateFile(path(node, 'timezone'))?.trim() ?? 'Etc/UTC';
}

export async function writeTimeZone(node: LocalNode, zone: string): Promise<void> {
  offsetSeconds(zone, 0);
  await writeStateFile(path(node, 'timezone'), `${zone}\n`);
}

/** Seconds east of UTC at a time in milliseconds since the epoch. Throws 400 if there is no such zone. */
export function offsetSeconds(zone: string, at: number): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(
      at,
    );
  } catch {
    throw badParameters({ timezone: `No such timezone '${zone}'` });
  }
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d+):?(\d+)?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

export function readHosts(node: LocalNode): { data: string; digest: string } {
  const data = readStateFile(path(node, 'hosts')) ?? `127.0.0.1 localhost\n127.0.0.1 ${node.name}\n`;
  return { data, digest: createHash('sha1').update(data).digest('hex') };
}

/** Throws 500 if `digest` is given and the file has changed since. */
export async function writeHosts(node: LocalNode, data: string, digest: string | undefined): Promise<void> {
  if (digest !== undefined && digest !== readHosts(node).digest) {
    throw new HttpError(500, 'detected modified configuration - file changed by other user? Try again.');
  }
  await writeStateFile(path(node, 'hosts'), data.endsWith('\n') ? data : `${data}\n`);
}
