import type { LimitKind } from '../../../config/budget';
import type { BudgetAnswer } from '../../analyse/compare/budget';
import type { Table } from '../document/document';
import { coverage, missing, number, quantity } from '../document/format';
import { scaleOf } from './comparison';

const words: Readonly<Record<LimitKind, string>> = {
  atMost: 'at most',
  atLeast: 'at least',
  growsAtMost: 'grows by at most',
  shrinksAtMost: 'shrinks by at most',
};

/** "Budget: 2 of 3 limits kept, 1 exceeded, 0 cannot be told." */
export function budgetSummary(answers: readonly BudgetAnswer[]): string {
  const count = (verdict: BudgetAnswer['verdict']): number =>
    answers.filter((answer) => answer.verdict === verdict).length;
  return `Budget: ${count('kept')} of ${answers.length} limits kept, ${count('exceeded')} exceeded, ${count('cannot be told')} cannot be told.`;
}

export const budgetReading =
  'A limit is kept or exceeded only where the whole interval lies on that side of it, and the interval covers in 90 % or more, so that either is wrong in 5 of 100 cases at most. Each limit is a question of its own, chosen beforehand: of 20 limits that are met to the point, one may be said to be exceeded.';

/** A row for each limit. `side`: what the run is called that they are for. */
export function budgetTable(answers: readonly BudgetAnswer[], side: string): Table {
  return {
    kind: 'table',
    title: `Limits on ${side}`,
    head: ['Verdict', 'Of', 'Figure', 'Limit', side],
    rows: answers.map((answer) => [
      answer.reason === null ? answer.verdict : `${answer.verdict}: ${answer.reason}`,
      answer.group,
      answer.name,
      `${words[answer.limit.kind]} ${answer.limit.quantity.text}`,
      measured(answer),
    ]),
  };
}

/** "1.2 s [1.1, 1.3], 93 %"; a change has its sign. */
function measured({ estimate, interval, unit, limit }: BudgetAnswer): string {
  if (estimate === null) return missing;
  const isChange = limit.kind === 'growsAtMost' || limit.kind === 'shrinksAtMost';
  const scale = scaleOf(unit, Math.abs(estimate));
  const sign = isChange && estimate > 0 ? '+' : '';
  const range =
    interval === null
      ? ''
      : ` [${number(interval.low / scale.factor)}, ${number(interval.high / scale.factor)}], ${coverage(interval)}`;
  return `${sign}${quantity(estimate / scale.factor, scale.unit)}${range}`;
}
