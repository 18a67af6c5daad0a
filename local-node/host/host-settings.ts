import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ApiError, badParameters } from '../base/api-error';
import { readStateFile, writeStateFile } from '../base/state-file';

export interface Dns {
  readonly search?: string;
  readonly servers: readonly string[];
}

/** DNS, time zone and hosts of the node: kept in its own state, never the machine's. */
export class HostSettings {
  constructor(private readonly options: { readonly stateDir: string; readonly nodeName: string }) {}

  dns(): Dns {
    const lines = (readStateFile(this.path('resolv.conf')) ?? '')
      .split('\n')
      .map((line) => line.split(/\s+/));
    const search = lines.find(([word]) => word === 'search')?.[1];
    const servers = lines.filter(([word]) => word === 'nameserver').map(([, server = '']) => server);
    return { ...(search ? { search } : {}), servers };
  }

  async setDns({ search, servers }: Dns): Promise<void> {
    const lines = [
      ...(search ? [`search ${search}`] : []),
      ...servers.map((server) => `nameserver ${server}`),
    ];
    await writeStateFile(this.path('resolv.conf'), `${lines.join('\n')}\n`);
  }

  timeZone(): string {
    return readStateFile(this.path('timezone'))?.trim() ?? 'Etc/UTC';
  }

  /** Throws 400 if there is no such zone. */
  async setTimeZone(zone: string): Promise<void> {
    offsetSeconds(zone, 0);
    await writeStateFile(this.path('timezone'), `${zone}\n`);
  }

  hosts(): { data: string; digest: string } {
    const { nodeName } = this.options;
    const data = readStateFile(this.path('hosts')) ?? `127.0.0.1 localhost\n127.0.0.1 ${nodeName}\n`;
    return { data, digest: createHash('sha1').update(data).digest('hex') };
  }

  /** Throws 500 if `digest` is given and the file has changed since. */
  async setHosts(data: string, digest: string | undefined): Promise<void> {
    if (digest !== undefined && digest !== this.hosts().digest) {
      throw new ApiError(500, 'detected modified configuration - file changed by other user? Try again.');
    }
    await writeStateFile(this.path('hosts'), data.endsWith('\n') ? data : `${data}\n`);
  }

  private path(name: string): string {
    return join(this.options.stateDir, 'etc', name);
  }
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
