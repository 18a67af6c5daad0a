import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A kind of file in a bundle: by its path, what it is and its media type. */
interface FileKind {
  readonly path: RegExp;
  readonly name: string;
  readonly mediaType: string;
}

const json = 'application/json';
const pcap = 'application/vnd.tcpdump.pcap';

/** What a run keeps (measure/run/raw-data.ts). Nothing else that lies in its directory is given away. */
const collected: readonly FileKind[] = [
  { path: /^plan\.json$/, name: 'Plan, registered before the first sample', mediaType: json },
  { path: /^raw\/lab\.yaml$/, name: 'Declaration of the lab (lab.yaml)', mediaType: 'application/yaml' },
  { path: /^raw\/environment\.json$/, name: 'Environment: facts and versions', mediaType: json },
  { path: /^raw\/destroy\.json$/, name: 'Times of destroying the guests', mediaType: json },
  { path: /^raw\/resources\/[^/]+\.json$/, name: 'Visit to a level of running guests', mediaType: json },
  {
    path: /^raw\/qos\/[^/]+\/session\.json$/,
    name: 'Session of clients with an application',
    mediaType: json,
  },
  { path: /^raw\/qos\/[^/]+\/client\.pcap$/, name: 'Packets at the clients', mediaType: pcap },
  { path: /^raw\/qos\/[^/]+\/server\.pcap$/, name: 'Packets at the guest’s tap', mediaType: pcap },
  { path: /^raw\/load\/[^/]+\.json$/, name: 'Ladder of load on an application', mediaType: json },
  { path: /^raw\/benchmarks\/[^/]+\.json$/, name: 'Benchmarks in a guest and on the node', mediaType: json },
];

/** What the lab makes of it, each time the same. */
const made: readonly FileKind[] = [
  { path: /^summary\.json$/, name: 'Results', mediaType: json },
  { path: /^samples\.csv$/, name: 'Single values', mediaType: 'text/csv' },
  { path: /^report\.html$/, name: 'Report', mediaType: 'text/html' },
  { path: /^report\.md$/, name: 'Report in short', mediaType: 'text/markdown' },
  { path: /^methods\.md$/, name: 'Method, as a paper tells it', mediaType: 'text/markdown' },
  { path: /^charts\/[^/]+\.svg$/, name: 'Chart of the report', mediaType: 'image/svg+xml' },
  { path: /^README\.md$/, name: 'What is in this bundle', mediaType: 'text/markdown' },
  { path: /^CITATION\.cff$/, name: 'How to cite the laboratory', mediaType: 'application/yaml' },
];

/** Whether a file came of measuring, and not of what was measured. */
export function isCollected(path: string): boolean {
  return collected.some((kind) => kind.path.test(path));
}

export function fileKind(path: string): Omit<FileKind, 'path'> {
  const kind = [...collected, ...made].find((each) => each.path.test(path));
  if (!kind) throw new RangeError(`${path} is no file of a bundle`);
  return kind;
}

export interface RunFiles {
  /** Relative to the run's directory, sorted. */
  readonly files: readonly string[];
  /** What lies under raw/ and is no file of a run: it stays where it is. */
  readonly others: readonly string[];
}

/** What of a run's directory goes into a bundle. Links are not followed: what they lead to may be anything. */
export function runFiles(directory: string): RunFiles {
  const files: string[] = [];
  const others: string[] = [];
  const walk = (path: string): void => {
    const found = lstatSync(join(directory, path));
    if (found.isDirectory()) {
      for (const name of readdirSync(join(directory, path))) walk(`${path}/${name}`);
    } else {
      (found.isFile() && isCollected(path) ? files : others).push(path);
    }
  };
  for (const path of ['plan.json', 'raw']) walk(path);
  return { files: files.sort(), others: others.sort() };
}
