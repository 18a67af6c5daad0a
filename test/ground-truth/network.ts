import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CaptureReport,
  type DirectionReport,
  reportCaptures,
} from '../../measure/analyse/captures/capture-report';
import { PacketFilter } from '../../measure/analyse/packets/packet-filter';

// Namespaces, captures and real traffic take seconds, more on a busy machine.
jest.setTimeout(120_000);

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

export interface Recording {
  readonly directory: string;
  readonly client: string;
  readonly server: string;
  /** What the router counted: packets dropped to the server, and to the client. */
  readonly dropped: readonly number[];
}

/** Real traffic through a router with one known fault, captured at both ends: see network.sh. */
export function record(
  fault: string,
  amount: number | string,
  traffic: 'http' | 'udp',
  argument: number,
  tool: 'dumpcap' | 'capture.py' = 'dumpcap',
): Recording {
  const directory = mkdtempSync(join(tmpdir(), 'ground-truth-'));
  directories.push(directory);
  const script = join(__dirname, 'network.sh');
  const output = execFileSync(
    'unshare',
    ['-Urnm', script, directory, fault, String(amount), traffic, String(argument), tool],
    { encoding: 'utf8', timeout: 100_000 },
  );
  const extension = tool === 'dumpcap' ? 'pcapng' : 'pcap';
  return {
    directory,
    client: join(directory, `client.${extension}`),
    server: join(directory, `server.${extension}`),
    dropped: output.split('\n').filter(Boolean).map(Number),
  };
}

export function report({ client, server }: Recording): CaptureReport {
  return reportCaptures(client, server, { filter: new PacketFilter('10.2.0.2', null), sharedClock: true });
}

/** Both directions of the recording's only session. */
export function onlySession(
  captures: CaptureReport,
): readonly [toServer: DirectionReport, toClient: DirectionReport] {
  const [session, other] = captures.sessions;
  const [toServer, toClient] = session?.directions ?? [];
  if (other !== undefined || toServer === undefined || toClient === undefined) {
    throw new Error(`${captures.sessions.length} sessions instead of one`);
  }
  return [toServer, toClient];
}

/** A value that must be known. */
export function known<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('unknown');
  return value;
}
