import type { Increment } from '../../analyse/resources/increments';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import { type Block, figure } from '../document/document';
import { coverage, distribution, labelled, scales } from '../document/format';

const points = { unit: 'points', factor: 1 };

/** What each further guest adds, and in words how far that is more than chance. */
export function incrementBlocks({ resources, plan, label }: Summary): Block[] {
  const { increments } = resources;
  if (increments.length === 0) return [];
  /** With the guests that the step adds: a level is the first of lab.yaml. */
  const step = ({ from, to }: Increment): string =>
    `from ${from} to ${to}: ${plan.lab.guests
      .slice(from, to)
      .map(({ name }) => name)
      .join(', ')}`;
  return [
    {
      kind: 'table',
      title: labelled('What each step adds: differences within blocks', label),
      head: ['Running guests', 'n', 'Memory used', 'CPU, percentage points of all', 'Remarks'],
      rows: increments.map((increment) => {
        const n = Math.max(increment.memoryUsedBytes?.n ?? 0, increment.cpuPercent?.n ?? 0);
        const { disturbedBlocks, from, to } = increment;
        const path = `step ${from} to ${to}`;
        return [
          step(increment),
          String(n),
          figure(`${path}/memoryUsedBytes`, distribution(increment.memoryUsedBytes, scales.mebibytes, n)),
          figure(`${path}/cpuPercent`, distribution(increment.cpuPercent, points, n)),
          disturbedBlocks > 0 ? `${disturbedBlocks} of ${n} with a disturbed visit` : '—',
        ];
      }),
    },
    {
      kind: 'text',
      text: [
        sentence('Memory', increments, ({ memoryUsedBytes }) => memoryUsedBytes),
        sentence('CPU', increments, ({ cpuPercent }) => cpuPercent),
      ].join(' '),
    },
  ];
}

/** How far the steps are more than chance, in words. */
function sentence(
  name: string,
  increments: readonly Increment[],
  pick: (increment: Increment) => Distribution | null,
): string {
  const known = increments.flatMap(({ from, to, ...rest }) => {
    const of = pick({ from, to, ...rest });
    return of?.interval ? [{ step: `${from} to ${to}`, interval: of.interval }] : [];
  });
  if (known.length === 0)
    return `${name}: too few blocks for an interval, so no step can be told from chance.`;
  const holdsZero = ({ interval: { low, high } }: (typeof known)[number]): boolean => low <= 0 && high >= 0;
  const steps = (those: typeof known): string =>
    those.map(({ step, interval }) => `${step} (${coverage(interval)})`).join(', ');
  const clear = known.filter((one) => !holdsZero(one));
  const unclear = known.filter(holdsZero);
  return [
    ...(clear.length > 0 ? [`${name} differs in the steps ${steps(clear)}: the intervals leave 0 out.`] : []),
    ...(unclear.length > 0
      ? [`${name} does not show a difference in the steps ${steps(unclear)}: the intervals hold 0.`]
      : []),
  ].join(' ');
}
