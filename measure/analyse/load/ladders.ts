import type { LoadLadder, RunPlan } from '../../run/raw-data';
import { bracketOf } from './load-ladder';
import { analyseLoadStep, type LoadStepResult } from './load-step';
import { analyseUserStep, kneeOf, type UserStepResult } from './user-step';

/** One ladder: the rates that were offered, and between which two the application stopped keeping up. */
export interface LadderResult {
  readonly ladder: number;
  readonly guest: string;
  readonly startedAt: number;
  /** Requests per second; null = it did not keep up with the first rate, or the ladder has a fault. */
  readonly keptUpPerSecond: number | null;
  /** Null = it kept up with every rate, or the ladder has a fault. */
  readonly notKeptUpPerSecond: number | null;
  readonly steps: readonly LoadStepResult[];
  /** The closed loop by number of users; absent where the plan has none. */
  readonly userSteps?: readonly UserStepResult[];
  /** Number of users at the knee; null = not reached, or the ladder has a fault. Absent as userSteps. */
  readonly kneeUsers?: number | null;
  /** Where the delay of the client's link was made; null = there was none. */
  readonly delayMadeIn: 'node' | 'guest' | null;
  readonly fault: string | null;
}

/** In the order climbed. */
export function analyseLadders(plan: RunPlan, ladders: readonly LoadLadder[]): readonly LadderResult[] {
  const limits = plan.plan.load?.limits;
  if (limits === undefined) return [];
  return ladders.map(({ ladder, guest, startedAt, steps: made, userSteps: closed, link, fault }) => {
    const steps = made.map((step) => analyseLoadStep(step, limits));
    const { keptUp, notKeptUp } = bracketOf(
      steps.map(({ ratePerSecond, because }) => ({ ratePerSecond, keptUp: because.length === 0 })),
    );
    const isWhole = fault === null;
    const userSteps = closed?.map(analyseUserStep);
    return {
      ladder,
      guest,
      startedAt,
      keptUpPerSecond: isWhole ? keptUp : null,
      notKeptUpPerSecond: isWhole ? notKeptUp : null,
      steps,
      ...(userSteps && { userSteps, kneeUsers: isWhole ? kneeOf(userSteps) : null }),
      delayMadeIn: link?.delayMadeIn ?? null,
      fault,
    };
  });
}
