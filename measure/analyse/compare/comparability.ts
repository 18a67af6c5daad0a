import { isDeepStrictEqual } from 'node:util';
import { describeShape, linkShape } from '../../run/link-shape';
import { delayPlaces } from '../sessions/delay-places';
import { mostRepetitions } from '../statistics/precision';
import type { Summary } from '../summary';

export interface ComparabilityFindings {
  /** Why the runs are not of the same thing: a difference between them may come from this. Empty = comparable. */
  readonly obstacles: readonly string[];
  /** What else a reader must know. */
  readonly cautions: readonly string[];
}

/** Settings of a plan that say only how often, and not what, is measured. */
const repetitions = new Set(['blocks', 'sessions', 'repetitions', 'precision']);
/** Facts of the environment that are of one run and say nothing of the node. */
const ownFacts = new Set([
  'clockOffsetSeconds',
  'clockOffsetUncertaintySeconds',
  'seed',
  'labSha256',
  'guestsDeclared',
  'othersCpuPercentBefore',
  'waitedForQuietSeconds',
]);

const DISK_OPTIONS = ['cache', 'format', 'discard', 'iothread', 'aio'] as const;

/** What the two runs are called in texts. */
export type Sides = readonly [a: string, b: string];
export const defaultSides: Sides = ['A', 'B'];

/** Whether two runs measured the same thing in the same way: same lab, same acceleration, same plan. Pure. */
export function comparability(a: Summary, b: Summary, sides: Sides = defaultSides): ComparabilityFindings {
  const scenarios = a.plan.scenarios.filter((scenario) => b.plan.scenarios.includes(scenario));
  const alone = [...a.plan.scenarios, ...b.plan.scenarios].filter(
    (scenario) => !scenarios.includes(scenario),
  );
  return {
    obstacles: [
      ...labDiffers(a, b, sides),
      ...accelerationDiffers(a, b, sides),
      ...readersDiffer(a, b, scenarios, sides),
      ...plansDiffer(a, b, scenarios, sides),
    ],
    cautions: [
      'each run is one deployment, whose sessions share one boot: what differs between two deployments of the same lab is part of every difference',
      ...alone.map((scenario) => `scenario "${scenario}" is in one of the runs only`),
      ...shapesDiffer(a, b, sides),
      ...kindsDiffer(a, b, sides),
      ...disksDiffer(a, b, sides),
      ...repetitionsDiffer(a, b, scenarios, sides),
      ...(a.plan.seed === b.plan.seed
        ? []
        : [`seeds ${a.plan.seed} and ${b.plan.seed}: other orders and other think times`]),
      ...factsDiffer(a, b, sides),
      ...[[sides[0], a] as const, [sides[1], b] as const].flatMap(([side, { faults }]) =>
        faults.length === 0 ? [] : [`${side} is incomplete: ${faults.join('; ')}`],
      ),
      ...repeatedUntilPrecise(a, sides[0]),
      ...repeatedUntilPrecise(b, sides[1]),
    ],
  };
}

function labDiffers(a: Summary, b: Summary, [sideA, sideB]: Sides): readonly string[] {
  const [ofA, ofB] = [a.plan.lab, b.plan.lab];
  const parts = ['nodeName', 'networks', 'guests', 'clients', 'images'] as const;
  const [plainA, plainB] = [withoutFactors(ofA), withoutFactors(ofB)];
  const differing: readonly string[] = parts.filter((part) => !isDeepStrictEqual(plainA[part], plainB[part]));
  const obstacles = differing.length === 0 ? [] : [`the labs differ in ${differing.join(', ')}`];
  const missing = (summary: Summary): string =>
    summary.plan.missingApplications.map(({ guest }) => guest).join(', ') || 'none';
  return missing(a) === missing(b)
    ? obstacles
    : [...obstacles, `applications that are missing: ${missing(a)} in ${sideA}, ${missing(b)} in ${sideB}`];
}

/** The lab without what runs may be compared for: links of the clients, kinds of guests, options of disks and how those are made. */
function withoutFactors(lab: Summary['plan']['lab']) {
  const { bridge, cidr, gateway } = lab.networks.clients;
  const { source, cloud } = lab.images;
  return {
    ...lab,
    networks: { servers: lab.networks.servers, clients: { bridge, cidr, gateway } },
    images: { source, cloud },
    guests: lab.guests.map(({ kind, cache, format, discard, iothread, aio, ...guest }) => guest),
  };
}

/** What disks are like on the node is a factor too; a run of an earlier version had them imported. */
function disksDiffer(a: Summary, b: Summary, [sideA, sideB]: Sides): readonly string[] {
  const deployed = ({ plan }: Summary): string => plan.lab.images.deploy ?? 'import';
  const disks = ({ plan }: Summary): readonly string[] =>
    plan.lab.guests.map(({ name, ...guest }) => {
      const options = DISK_OPTIONS.flatMap((option) =>
        guest[option] === undefined ? [] : [`${option} ${guest[option]}`],
      );
      return `${name} (${options.join(', ') || 'as the node has it'})`;
    });
  const differing = disks(a).flatMap((disk, index) => {
    const other = disks(b)[index];
    return other === undefined || disk === other
      ? []
      : [`the factor: the disk of ${disk} in ${sideA} and of ${other} in ${sideB}`];
  });
  return deployed(a) === deployed(b)
    ? differing
    : [...differing, `the factor: disks by ${deployed(a)} in ${sideA} and by ${deployed(b)} in ${sideB}`];
}

/** How the clients' links are shaped is a factor of the experiment: what runs are compared for, and no obstacle. */
function shapesDiffer(a: Summary, b: Summary, [sideA, sideB]: Sides): readonly string[] {
  const shape = (summary: Summary): string => {
    const places = delayPlaces(summary);
    const made = places.length === 0 ? '' : ` (delay made in the ${places.join(' and the ')})`;
    return `${describeShape(linkShape(summary.plan.lab.networks.clients))}${made}`;
  };
  return shape(a) === shape(b)
    ? []
    : [`the factor: the clients' links are ${shape(a)} in ${sideA} and ${shape(b)} in ${sideB}`];
}

/** So is what kind of guests they are. */
function kindsDiffer(a: Summary, b: Summary, [sideA, sideB]: Sides): readonly string[] {
  const kinds = ({ plan }: Summary): string => {
    const all = plan.lab.guests.map(({ kind }) => kind);
    if (new Set(all).size > 1) return plan.lab.guests.map(({ name, kind }) => `${name} a ${kind}`).join(', ');
    return all[0] === 'container' ? 'containers' : 'virtual machines';
  };
  return kinds(a) === kinds(b)
    ? []
    : [`the factor: the guests are ${kinds(a)} in ${sideA} and ${kinds(b)} in ${sideB}`];
}

/**
 * Why CPU and times of the two cannot be compared at all: of emulated guests they are the emulator's. Undefined = they can.
 */
export function emulationFault(a: Summary, b: Summary, [sideA, sideB]: Sides): string | undefined {
  const isEmulated = ({ environment }: Summary): boolean => environment.acceleration === 'tcg';
  const isReal = ({ environment }: Summary): boolean => /^(kvm|native)$/.test(`${environment.acceleration}`);
  const emulated = isEmulated(a) && isReal(b) ? sideA : isReal(a) && isEmulated(b) ? sideB : undefined;
  return emulated && `emulated in ${emulated}: CPU and times are the emulator's there`;
}

/** Containers beside virtual machines are the factor, and not its obstacle, where hardware virtualises those. */
function accelerationDiffers(a: Summary, b: Summary, [sideA, sideB]: Sides): readonly string[] {
  const [ofA, ofB] = [a.environment, b.environment];
  const isFactor = [ofA, ofB].every(
    ({ acceleration }) => acceleration === 'kvm' || acceleration === 'native',
  );
  const name = ({ acceleration }: Summary['environment']): string => acceleration ?? 'unknown';
  return [
    ...(!isFactor && (ofA.acceleration === null || ofA.acceleration !== ofB.acceleration)
      ? [`acceleration is ${name(ofA)} in ${sideA} and ${name(ofB)} in ${sideB}`]
      : []),
    ...(ofA.target === ofB.target
      ? []
      : [`the target is ${ofA.target} in ${sideA} and ${ofB.target} in ${sideB}`]),
  ];
}

/** A browser loads what a script does not, and costs CPU: no figure of scenario 2 is of the same thing. */
function readersDiffer(
  a: Summary,
  b: Summary,
  scenarios: Summary['plan']['scenarios'],
  [sideA, sideB]: Sides,
): readonly string[] {
  const [ofA, ofB] = [a.plan.reader ?? 'scripted', b.plan.reader ?? 'scripted'];
  if (!scenarios.includes('qos') || ofA === ofB) return [];
  return [`pages were read by the ${ofA} reader in ${sideA} and by the ${ofB} reader in ${sideB}`];
}

function plansDiffer(
  a: Summary,
  b: Summary,
  scenarios: Summary['plan']['scenarios'],
  [sideA, sideB]: Sides,
): readonly string[] {
  return settings(a, b, scenarios).flatMap(([name, ofA, ofB]) =>
    repetitions.has(name.split('.')[1] ?? '')
      ? []
      : [`the plans differ: ${name} is ${ofA} in ${sideA} and ${ofB} in ${sideB}`],
  );
}

function repetitionsDiffer(
  a: Summary,
  b: Summary,
  scenarios: Summary['plan']['scenarios'],
  [sideA, sideB]: Sides,
): readonly string[] {
  return settings(a, b, scenarios).flatMap(([name, ofA, ofB]) =>
    repetitions.has(name.split('.')[1] ?? '')
      ? [`planned repetitions: ${name} is ${ofA} in ${sideA} and ${ofB} in ${sideB}`]
      : [],
  );
}

/** p, and the intervals of differences, are of a number of repetitions that was fixed before the first of them. */
function repeatedUntilPrecise({ plan }: Summary, side: string): readonly string[] {
  return (['resources', 'qos'] as const).flatMap((scenario) => {
    const most = plan.scenarios.includes(scenario) ? mostRepetitions(plan, scenario) : undefined;
    if (most === undefined) return [];
    const what = scenario === 'resources' ? 'visits' : 'sessions';
    return [
      `${side} repeats ${what} until they are precise enough, at most ${most} times: p and intervals of differences assume a number of repetitions that was fixed beforehand, so of ${what} they are approximate`,
    ];
  });
}

/** Settings of the plans that differ, of the scenarios that both have. */
function settings(
  a: Summary,
  b: Summary,
  scenarios: Summary['plan']['scenarios'],
): readonly (readonly [name: string, a: string, b: string])[] {
  return scenarios.flatMap((scenario) => {
    const ofA: Readonly<Record<string, unknown>> = { ...a.plan.plan[scenario] };
    const ofB: Readonly<Record<string, unknown>> = { ...b.plan.plan[scenario] };
    return [...new Set([...Object.keys(ofA), ...Object.keys(ofB)])]
      .filter((key) => !isDeepStrictEqual(ofA[key], ofB[key]))
      .map((key) => [`${scenario}.${key}`, text(ofA[key]), text(ofB[key])] as const);
  });
}

/** Another kernel or processor may be just what is compared, so this is no obstacle. */
function factsDiffer(a: Summary, b: Summary, [sideA, sideB]: Sides): readonly string[] {
  const [ofA, ofB] = [a.environment.facts, b.environment.facts];
  return [...new Set([...Object.keys(ofA), ...Object.keys(ofB)])]
    .filter((name) => !ownFacts.has(name) && (ofA[name] ?? null) !== (ofB[name] ?? null))
    .map((name) => `${name} is ${text(ofA[name])} in ${sideA} and ${text(ofB[name])} in ${sideB}`);
}

function text(value: unknown): string {
  return value === undefined || value === null
    ? 'not given'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}
