import type { RawRun } from '../run/raw-run';
import { fileKind, isCollected } from './bundle-files';
import { DRAWN_WITH, MEASURED_WITH, softwareOf } from './crate-software';
import { type Entity, isoTime, reference, references } from './entity';
import type { Laboratory, Publication } from './publication';

export interface CrateFile {
  readonly path: string;
  readonly bytes: number;
}

const CRATE = 'https://w3id.org/ro/crate/1.1';
const PROCESS_CRATE = 'https://w3id.org/ro/wfrun/process/0.5';

/**
 * ro-crate-metadata.json: RO-Crate 1.1 with the profile Process Run Crate 0.5. Every file, what made it, of what and
 * with which versions. Its dates are those of the run, so that the same run gives the same text.
 */
export function crateMetadata(
  raw: RawRun,
  files: readonly CrateFile[],
  publication: Publication,
  laboratory: Laboratory,
): string {
  const { plan } = raw;
  const measured = files.filter(({ path }) => isCollected(path));
  const results = files.filter(({ path }) => !isCollected(path));
  const software = softwareOf(raw, laboratory);
  const graph: readonly Entity[] = [
    {
      '@id': 'ro-crate-metadata.json',
      '@type': 'CreativeWork',
      conformsTo: reference(CRATE),
      about: reference('./'),
    },
    root(raw, files, publication),
    { '@id': PROCESS_CRATE, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5' },
    ...licence(publication),
    ...publication.authors.map(person),
    {
      '@id': '#measuring',
      '@type': 'CreateAction',
      name: `Measuring the run ${plan.run}`,
      description: descriptionOf(raw),
      startTime: isoTime(Date.parse(plan.registeredAt) / 1000),
      endTime: endOf(raw),
      instrument: reference(MEASURED_WITH),
      object: references(pathsOf(measured.filter(({ path }) => isInput(path)))),
      result: references(pathsOf(measured.filter(({ path }) => !isInput(path)))),
      ...agentOf(publication),
    },
    {
      '@id': '#reporting',
      '@type': 'CreateAction',
      name: 'Analysing the raw data and drawing the report',
      description: 'The same version draws the same bytes from the same raw data, at any time and anywhere.',
      instrument: reference(DRAWN_WITH),
      object: references(pathsOf(measured)),
      result: references(pathsOf(results)),
      ...agentOf(publication),
    },
    ...software,
    ...files.map(({ path, bytes }) => {
      const { name, mediaType } = fileKind(path);
      return { '@id': path, '@type': 'File', name, encodingFormat: mediaType, contentSize: String(bytes) };
    }),
  ];
  return `${JSON.stringify({ '@context': `${CRATE}/context`, '@graph': graph }, null, 1)}\n`;
}

function pathsOf(files: readonly CrateFile[]): readonly string[] {
  return files.map(({ path }) => path);
}

/** What was decided before anything was measured. */
function isInput(path: string): boolean {
  return path === 'plan.json' || path === 'raw/lab.yaml';
}

function root({ plan, environment }: RawRun, files: readonly CrateFile[], publication: Publication): Entity {
  return {
    '@id': './',
    '@type': 'Dataset',
    name: `Server virtualisation on Proxmox VE: run ${plan.run}`,
    description: descriptionOf({ plan, environment }),
    datePublished: plan.registeredAt.slice(0, 10),
    license: reference(publication.licence?.url ?? NO_LICENCE['@id']),
    conformsTo: reference(PROCESS_CRATE),
    keywords: [
      'virtualisation',
      'Proxmox VE',
      'performance measurement',
      accelerations[`${environment.acceleration}`],
    ],
    ...(publication.authors.length > 0 && { author: references(publication.authors.map(({ id }) => id)) }),
    hasPart: references(pathsOf(files)),
    mentions: [reference('#measuring'), reference('#reporting')],
    citation: reference(MEASURED_WITH),
  };
}

const accelerations: Readonly<Record<string, string>> = {
  kvm: 'hardware virtualisation (KVM)',
  tcg: 'emulation (TCG)',
  simulated: 'simulation',
  native: 'containers (LXC)',
  null: 'acceleration unknown',
};

const guestsRan: Readonly<Record<string, string>> = {
  kvm: 'Guests ran with hardware virtualisation (KVM).',
  tcg: 'Guests were emulated (TCG): the figures say more about the emulator than about virtualisation.',
  native: 'Guests were containers (LXC), which run natively on the kernel of the node.',
  simulated: 'Guests were simulated: no guest has run, and the figures say nothing about guests.',
  null: 'It is not recorded whether guests were virtualised by hardware or emulated.',
};

/** What a reader of a catalogue must know before all else. */
export function descriptionOf({ plan, environment }: Pick<RawRun, 'plan' | 'environment'>): string {
  const guests = plan.lab.guests.map(({ role }) => role).join(', ');
  const node = environment.target === 'local' ? 'an embedded node' : 'a Proxmox VE node';
  return `Raw data, results and report of a run of the plan “${plan.planName}” (${plan.scenarios.join(', ')}) on ${node} with the guests ${guests}. ${guestsRan[`${environment.acceleration}`]}`;
}

const NO_LICENCE: Entity = {
  '@id': '#no-licence',
  '@type': 'CreativeWork',
  name: 'No licence',
  description: 'Who made this has not said under which licence others may use it. Ask them.',
};

function licence({ licence: given }: Publication): readonly Entity[] {
  return [given ? { '@id': given.url, '@type': 'CreativeWork', name: given.name } : NO_LICENCE];
}

function person({ id, name }: Publication['authors'][number]): Entity {
  return { '@id': id, '@type': 'Person', name };
}

function agentOf({ authors: [first] }: Publication): object {
  return first ? { agent: reference(first.id) } : {};
}

/** When the last thing was recorded, ISO 8601; that of the registration where nothing was. */
function endOf({ plan, visits, sessions, ladders, trials }: RawRun): string {
  const times = [
    ...visits.flatMap(({ changedAt, samples }) => [changedAt, samples.at(-1)?.time ?? 0]),
    ...sessions.map(({ session }) => session.endedAt),
    ...ladders.map(({ ladder }) => ladder.endedAt),
    ...trials.map(({ trial }) => trial.endedAt),
  ];
  const last = times.reduce((latest, time) => Math.max(latest, time), Date.parse(plan.registeredAt) / 1000);
  return isoTime(last);
}
