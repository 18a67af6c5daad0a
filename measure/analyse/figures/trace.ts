import { relative } from 'node:path';
import type { RawRun } from '../../run/raw-run';
import type { TrialResult } from '../benchmarks/trial-result';
import { trialFigures } from '../benchmarks/trials';
import { benchmarksGroup, isDistribution, loadGroup } from '../compare/comparable-metrics';
import type { LadderResult } from '../load/ladders';
import type { VisitResult } from '../resources/visit';
import type { SessionResult } from '../sessions/qos';
import type { Dependence } from '../statistics/dependence';
import type { Interval } from '../statistics/median-interval';
import type { Distribution } from '../statistics/statistics';
import type { Summary } from '../summary';
import { allFigures, type Catalogue } from './catalogue';
import { agreementFigure } from './difference-figures';
import { figureAt, type NamedFigure, nameLeaf, type Rule, type Unit } from './figure';
import { type Leaf, leavesOf } from './leaves';

/** What one visit, session or ladder adds to a figure. */
export interface TracedObservation {
  /** `visit 3`, `session 0`, `ladder 2`. */
  readonly repetition: string;
  /** Null = nothing was measured in it; it is in no figure then. */
  readonly value: number | null;
  /** Raw files that it is made of, relative to the run's directory. */
  readonly files: readonly string[];
  /** What a reader must know of it: transient, disturbed, its fault; empty = nothing. */
  readonly marks: readonly string[];
}

/** One figure of summary.json and all that it is made of. */
export interface TracedFigure {
  /** As `npm run compare` names it: `level 2/cpuPercent`, `wordpress/lossPercent`; also `visit 3/...`, `session 0/...`. */
  readonly path: string;
  readonly group: string;
  readonly name: string;
  readonly unit: Unit;
  readonly value: number | null;
  /** Null = there is none. */
  readonly interval: Interval | null;
  /** Of neighbours in time; null = n is below 8, or nothing varies. */
  readonly dependence: Dependence | null;
  /** How the figure is made of its observations. */
  readonly statistic: 'median' | 'sum' | 'largest' | 'smallest' | 'the only one' | 'the first that has one';
  /** How each observation is made of its files, and of which fields. */
  readonly rule: Rule;
  readonly observations: readonly TracedObservation[];
}

interface Repetition {
  readonly number: number;
  readonly name: string;
  readonly marks: readonly string[];
  files(rule: Rule): readonly string[];
}

type Value = Distribution | number | null;

/** Every figure of the results, with what it is made of: those of levels, of applications, of single visits and sessions. */
export function traceFigures(
  raw: RawRun,
  summary: Summary,
  catalogue: Catalogue = allFigures,
): readonly TracedFigure[] {
  const { resources, applications, sessions, load, ladders, benchmarks, trials } = summary;
  const visits = resources.visits.map((visit) => ofVisit(visit, raw));
  const visitAt = new Map(visits.map((each) => [each.number, each]));
  return [
    ...resources.levels.flatMap((level) => {
      const own = resources.visits.filter((visit) => visit.level === level.level);
      const made = own.flatMap(({ visit }) => visitAt.get(visit) ?? []);
      return figures(level, `level ${level.level}`, catalogue.visits, made);
    }),
    ...resources.increments.flatMap((step) => {
      const made = ofBlocks(
        resources.visits.filter(({ level }) => level === step.from || level === step.to),
        raw,
      );
      return figures(step, `step ${step.from} to ${step.to}`, catalogue.increments, made);
    }),
    ...resources.power.flatMap((change) => {
      const own = resources.visits.filter(({ changes }) =>
        changes.some(({ guest, action }) => guest === change.guest && action === change.action),
      );
      const made = own.flatMap(({ visit }) => visitAt.get(visit) ?? []);
      return figures(change, `${change.action} of ${change.guest}`, catalogue.visits, made, ['changes']);
    }),
    ...resources.agreement.flatMap((each) =>
      figures(
        { difference: each.difference },
        `agreement, ${each.quantity}`,
        [{ ...agreementFigure(each.quantity), key: 'difference' }],
        visits,
      ),
    ),
    ...applications.flatMap((application) => {
      const own = sessions.filter(({ guest }) => guest === application.guest);
      return ofApplication(application, own, raw, catalogue);
    }),
    ...load.flatMap((application) => {
      const { keptUpPerSecond, notKeptUpPerSecond, rates, kneeUsers, users } = application;
      const own = ladders.filter(({ guest, fault }) => guest === application.guest && fault === null);
      const made = own.map((ladder) => ofLadder(ladder, raw));
      const medians = { keptUpPerSecond, notKeptUpPerSecond, rates, kneeUsers, users };
      return figures(medians, loadGroup(application), catalogue.load, made);
    }),
    ...benchmarks.flatMap((guest) => {
      const made = trials.filter((trial) => trial.guest === guest.guest).map((trial) => ofTrial(trial, raw));
      return figures(guest.figures, benchmarksGroup(guest), catalogue.benchmarks, made);
    }),
    ...resources.visits.flatMap((visit) =>
      figures(visit, `visit ${visit.visit}`, catalogue.visits, [ofVisit(visit, raw)]),
    ),
    ...sessions.flatMap((session) =>
      figures(session, `session ${session.session}`, catalogue.sessions, [ofSession(session, raw)]),
    ),
    ...ladders.flatMap((ladder) =>
      figures(ladder, `ladder ${ladder.ladder}`, catalogue.load, [ofLadder(ladder, raw)]),
    ),
    ...trials.flatMap((trial) =>
      figures(trialFigures(trial), `trial ${trial.trial}`, catalogue.benchmarks, [ofTrial(trial, raw)]),
    ),
  ];
}

function figures(
  node: unknown,
  group: string,
  catalogue: readonly NamedFigure[],
  repetitions: readonly Repetition[],
  prefix: readonly string[] = [],
): readonly TracedFigure[] {
  return leavesOf(node, isFigure, [group]).flatMap((leaf) => {
    const figure = figureAt(catalogue, leaf, prefix);
    return figure === undefined ? [] : [figureOf(leaf, figure, repetitions)];
  });
}

function figureOf(leaf: Leaf<Value>, figure: NamedFigure, made: readonly Repetition[]): TracedFigure {
  const { rule } = figure;
  const observe = (value: number | null, repetition: Repetition): TracedObservation => ({
    repetition: repetition.name,
    value,
    files: repetition.files(rule),
    marks: repetition.marks,
  });
  const common = { ...nameLeaf(leaf, figure), rule };
  const { value } = leaf;
  if (typeof value === 'number' || value === null) {
    const only = made.map((repetition) => observe(value, repetition));
    const statistic = value === null && only.length > 1 ? 'median' : 'the only one';
    return { ...common, value, interval: null, dependence: null, statistic, observations: only };
  }
  const unmeasured = made.filter(({ number }) => !value.repetitions.includes(number));
  const measured = value.values.flatMap((each, index) => {
    const repetition = made.find(({ number }) => number === value.repetitions[index]);
    return repetition === undefined ? [] : [observe(each, repetition)];
  });
  return {
    ...common,
    value: value.median,
    interval: value.interval,
    dependence: value.dependence,
    statistic: 'median',
    observations: [...measured, ...unmeasured.map((repetition) => observe(null, repetition))],
  };
}

/** Of an application, some figures are no medians: sums and extremes over its sessions, and what its first capture tells. */
function ofApplication(
  application: Summary['applications'][number],
  sessions: readonly SessionResult[],
  raw: RawRun,
  catalogue: Catalogue,
): readonly TracedFigure[] {
  const made = sessions.map((session) => ofSession(session, raw));
  const firstCaptured = sessions.findIndex(({ total }) => total !== null);
  return figures(application, application.guest, catalogue.applications, made).map((figure) => {
    const name = figure.path.split('/').slice(1).join(' ');
    const count = catalogue.applications.find(
      ({ key, statistic }) => key === name && statistic !== undefined,
    );
    if (count?.statistic !== undefined) {
      const observations = figure.observations.map((observation, index) => {
        const session = sessions[index];
        return { ...observation, value: session === undefined ? null : (count.value?.(session) ?? null) };
      });
      return { ...figure, statistic: count.statistic, observations };
    }
    if (figure.statistic === 'median' || figure.value === null) return figure;
    const observations = figure.observations.slice(firstCaptured, firstCaptured + 1);
    return { ...figure, statistic: 'the first that has one', observations };
  });
}

function ofVisit(visit: VisitResult, raw: RawRun): Repetition {
  const load = visit.loadTransient.some(Boolean) ? ['load averages transient'] : [];
  return {
    number: visit.visit,
    name: `visit ${visit.visit}`,
    marks: [
      ...(visit.transient ? ['transient'] : load),
      ...(visit.disturbed ? ['disturbed'] : []),
      ...(visit.fault === null ? [] : [`fault: ${visit.fault}`]),
    ],
    files: () => [raw.visitFiles.get(visit.visit) ?? []].flat(),
  };
}

/** Visits of one block together. */
function ofBlocks(visits: readonly VisitResult[], raw: RawRun): readonly Repetition[] {
  return [...new Set(visits.map(({ block }) => block))].map((block) => {
    const own = visits.filter((visit) => visit.block === block).map((visit) => ofVisit(visit, raw));
    return {
      number: block,
      name: `block ${block + 1}`,
      marks: [...new Set(own.flatMap(({ marks }) => marks))],
      files: (rule) => own.flatMap((visit) => visit.files(rule)),
    };
  });
}

function ofSession(session: SessionResult, raw: RawRun): Repetition {
  const own = raw.sessions.find((each) => each.session.session === session.session);
  const directory = own === undefined ? null : relative(raw.directory, own.directory);
  return {
    number: session.session,
    name: `session ${session.session}`,
    marks: [...session.notes, ...(session.fault === null ? [] : [`fault: ${session.fault}`])],
    files: ({ captures }) =>
      directory === null ? [] : ['session.json', ...captures].map((file) => `${directory}/${file}`),
  };
}

function ofLadder({ ladder, fault }: LadderResult, raw: RawRun): Repetition {
  return {
    number: ladder,
    name: `ladder ${ladder}`,
    marks: fault === null ? [] : [`fault: ${fault}`],
    files: () => raw.ladders.filter((each) => each.ladder.ladder === ladder).map(({ file }) => file),
  };
}

function ofTrial({ trial, fault }: TrialResult, raw: RawRun): Repetition {
  return {
    number: trial,
    name: `trial ${trial}`,
    marks: fault === null ? [] : [`fault: ${fault}`],
    files: () => raw.trials.filter((each) => each.trial.trial === trial).map(({ file }) => file),
  };
}

function isFigure(node: unknown): node is Value {
  return node === null || typeof node === 'number' || isDistribution(node);
}
