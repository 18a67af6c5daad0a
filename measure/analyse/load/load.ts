import type { RunPlan } from '../../run/raw-data';
import type { Figure } from '../figures/figure';
import { bracketFigures, closedLoopFigures, stepFigures, userFigures } from '../figures/load-figures';
import { overRepetitions } from '../figures/over-repetitions';
import { figureSamples, type Sample } from '../figures/sample';
import { type Distribution, describe } from '../statistics/statistics';
import type { LadderResult } from './ladders';
import type { LoadStepResult } from './load-step';
import type { UserStepResult } from './user-step';

/** One rate over the ladders that offered it; the ladder is the unit of repetition. */
export interface RateResult {
  readonly ratePerSecond: number;
  readonly ladders: number;
  readonly laddersKeptUp: number;
  readonly answeredPerSecond: Distribution | null;
  readonly medianSeconds: Distribution | null;
  readonly p95Seconds: Distribution | null;
  readonly growthPercent: Distribution | null;
}

/** One number of users over the ladders that had it. */
export interface UsersResult {
  readonly users: number;
  readonly thinkSeconds: number;
  readonly ladders: number;
  readonly answeredPerSecond: Distribution | null;
  readonly meanSeconds: Distribution | null;
  readonly medianSeconds: Distribution | null;
  readonly p95Seconds: Distribution | null;
}

/** An application under load, over its ladders without a fault. */
export interface ApplicationLoad {
  readonly guest: string;
  readonly role: string;
  /** Why there are no ladders; null = the application is there. */
  readonly missingBecause: string | null;
  readonly plannedLadders: number;
  readonly ladders: number;
  /**
   * The bracket's ends, requests per second. Null as soon as one ladder has no such end: a median of the others would
   * leave out just those ladders that went beyond.
   */
  readonly keptUpPerSecond: Distribution | null;
  readonly notKeptUpPerSecond: Distribution | null;
  /** Ladders in which not even the first rate was kept up with, and those in which every rate was. */
  readonly laddersBelow: number;
  readonly laddersAbove: number;
  readonly rates: readonly RateResult[];
  /** Null as soon as one ladder did not reach it; absent where the plan has no closed loop. */
  readonly kneeUsers?: Distribution | null;
  /** The closed loop; absent where the plan has none. */
  readonly users?: readonly UsersResult[];
}

export function analyseLoad(
  plan: RunPlan,
  all: readonly LadderResult[],
  figures: readonly Figure<LadderResult>[] = bracketFigures,
): readonly ApplicationLoad[] {
  if (!plan.scenarios.includes('load')) return [];
  const isClosed = plan.plan.load?.users !== undefined;
  return plan.lab.guests.map((guest) => {
    const ladders = all.filter((ladder) => ladder.guest === guest.name && ladder.fault === null);
    const below = ladders.filter(({ keptUpPerSecond }) => keptUpPerSecond === null).length;
    const above = ladders.filter(({ notKeptUpPerSecond }) => notKeptUpPerSecond === null).length;
    const { median, beyond } = overRepetitions(
      [...figures, ...(isClosed ? closedLoopFigures : [])],
      ladders,
      {
        numberOf: ({ ladder }) => ladder,
      },
    );
    const known: ApplicationLoad = {
      guest: guest.name,
      role: guest.role,
      missingBecause:
        plan.missingApplications.find((missing) => missing.guest === guest.name)?.reason ?? null,
      plannedLadders: (plan.ladderOrder ?? []).filter((name) => name === guest.name).length,
      ladders: ladders.length,
      keptUpPerSecond: below > 0 ? null : median('keptUpPerSecond'),
      notKeptUpPerSecond: above > 0 ? null : median('notKeptUpPerSecond'),
      laddersBelow: below,
      laddersAbove: above,
      rates: ratesOf(ladders),
      ...(isClosed && {
        kneeUsers: ladders.some(({ kneeUsers }) => kneeUsers == null) ? null : median('kneeUsers'),
        users: usersOf(ladders),
      }),
    };
    return { ...known, ...beyond(known) };
  });
}

function ratesOf(ladders: readonly LadderResult[]): readonly RateResult[] {
  const rates = new Set(ladders.flatMap(({ steps }) => steps.map(({ ratePerSecond }) => ratePerSecond)));
  return [...rates]
    .sort((a, b) => a - b)
    .map((rate) => {
      const made = ladders.flatMap(({ ladder, steps }) =>
        steps.filter(({ ratePerSecond }) => ratePerSecond === rate).map((step) => ({ ladder, step })),
      );
      const over = (pick: (step: LoadStepResult) => number | null): Distribution | null =>
        describe(
          made.map(({ step }) => pick(step)),
          { repetitions: made.map(({ ladder }) => ladder) },
        );
      return {
        ratePerSecond: rate,
        ladders: made.length,
        laddersKeptUp: made.filter(({ step }) => step.because.length === 0).length,
        answeredPerSecond: over((step) => step.answeredPerSecond),
        medianSeconds: over((step) => step.medianSeconds),
        p95Seconds: over((step) => step.p95Seconds),
        growthPercent: over((step) => step.growthPercent),
      };
    });
}

function usersOf(ladders: readonly LadderResult[]): readonly UsersResult[] {
  const all = ladders.flatMap(({ ladder, userSteps }) => (userSteps ?? []).map((step) => ({ ladder, step })));
  return [...new Set(all.map(({ step }) => step.users))]
    .sort((a, b) => a - b)
    .map((users) => {
      const made = all.filter(({ step }) => step.users === users);
      const over = (pick: (step: UserStepResult) => number | null): Distribution | null =>
        describe(
          made.map(({ step }) => pick(step)),
          { repetitions: made.map(({ ladder }) => ladder) },
        );
      return {
        users,
        thinkSeconds: made[0]?.step.thinkSeconds ?? 0,
        ladders: made.length,
        answeredPerSecond: over((step) => step.answeredPerSecond),
        meanSeconds: over((step) => step.meanSeconds),
        medianSeconds: over((step) => step.medianSeconds),
        p95Seconds: over((step) => step.p95Seconds),
      };
    });
}

/** Every ladder and step in long form. */
export function loadSamples(
  ladders: readonly LadderResult[],
  figures: readonly Figure<LadderResult>[] = bracketFigures,
): Sample[] {
  return ladders.flatMap((whole) => {
    const { ladder, guest, startedAt, steps, userSteps } = whole;
    const row = (part: string, metric: string, value: number | null, unit: string, time: number): Sample => ({
      scenario: 'load',
      group: guest,
      repetition: ladder,
      part,
      metric,
      value,
      unit,
      time,
    });
    return [
      ...figureSamples([...figures, ...(userSteps ? closedLoopFigures : [])], whole, (metric, value, unit) =>
        row('', metric, value, unit, startedAt),
      ),
      ...steps.flatMap((step, index) =>
        figureSamples(stepFigures, step, (metric, value, unit) =>
          row(`step ${index + 1}`, metric, value, unit, step.startedAt),
        ),
      ),
      ...(userSteps ?? []).flatMap((step) =>
        figureSamples(userFigures, step, (metric, value, unit) =>
          row(`${step.users} users`, metric, value, unit, step.startedAt),
        ),
      ),
    ];
  });
}
