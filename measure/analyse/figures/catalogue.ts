import type { TrialResult } from '../benchmarks/trial-result';
import type { LadderResult } from '../load/ladders';
import type { VisitResult } from '../resources/visit';
import type { SessionResult } from '../sessions/qos';
import { applicationFigures } from './application-figures';
import { benchmarkFigures } from './benchmark-figures';
import { agreementFigures, incrementFigures } from './difference-figures';
import type { Figure, NamedFigure, Repetition } from './figure';
import { bracketFigures, closedLoopFigures, loadFigures } from './load-figures';
import { sessionFigures } from './session-figures';
import { visitFigures } from './visit-figures';

/** Every figure of the lab, by what it is of. */
export interface Catalogue {
  /** Of visits, and over the visits of a level. */
  readonly visits: readonly Figure<VisitResult, never>[];
  readonly increments: readonly NamedFigure[];
  readonly agreement: readonly NamedFigure[];
  /** Of applications, over their sessions. */
  readonly applications: readonly Figure<SessionResult>[];
  readonly sessions: readonly NamedFigure[];
  /** Of applications, over their ladders of load. */
  readonly brackets: readonly Figure<LadderResult>[];
  /** Of ladders, their steps and rates. */
  readonly load: readonly NamedFigure[];
  /** Of guests, over their trials of benchmarks. */
  readonly benchmarks: readonly Figure<TrialResult>[];
}

export const allFigures: Catalogue = {
  visits: visitFigures,
  increments: incrementFigures,
  agreement: agreementFigures,
  applications: applicationFigures,
  sessions: sessionFigures,
  brackets: [...bracketFigures, ...closedLoopFigures],
  load: loadFigures,
  benchmarks: benchmarkFigures,
};

/** What the figures of each kind are over. */
export const repetitions: Readonly<Record<keyof Catalogue, Repetition>> = {
  visits: 'visit',
  increments: 'block',
  agreement: 'visit',
  applications: 'session',
  sessions: 'session',
  brackets: 'ladder',
  load: 'ladder',
  benchmarks: 'trial',
};
