import type { LadderResult } from '../load/ladders';
import type { VisitResult } from '../resources/visit';
import type { SessionResult } from '../sessions/qos';
import { applicationFigures } from './application-figures';
import type { Figure, NamedFigure } from './figure';
import { bracketFigures, loadFigures } from './load-figures';
import { sessionFigures } from './session-figures';
import { agreementFigures, incrementFigures, visitFigures } from './visit-figures';

/** Every figure of the lab, by what it is of. */
export interface Catalogue {
  /** Of visits, and over the visits of a level. */
  readonly visits: readonly Figure<VisitResult>[];
  readonly increments: readonly NamedFigure[];
  readonly agreement: readonly NamedFigure[];
  /** Of applications, over their sessions. */
  readonly applications: readonly Figure<SessionResult>[];
  readonly sessions: readonly NamedFigure[];
  /** Of applications, over their ladders of load. */
  readonly brackets: readonly Figure<LadderResult>[];
  /** Of ladders, their steps and rates. */
  readonly load: readonly NamedFigure[];
}

export const allFigures: Catalogue = {
  visits: visitFigures,
  increments: incrementFigures,
  agreement: agreementFigures,
  applications: applicationFigures,
  sessions: sessionFigures,
  brackets: bracketFigures,
  load: loadFigures,
};
