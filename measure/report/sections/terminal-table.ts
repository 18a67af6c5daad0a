import { median } from '../../analyse/resources/counters';
import type { TerminalResult } from '../../analyse/resources/terminal';
import type { Summary } from '../../analyse/summary';
import type { Block } from '../document/document';
import { labelled, plural, quantity, type Scale, scales } from '../document/format';

type Shown = 'memoryUsedBytes' | 'loadAverage1' | 'rootUsedBytes';

const rows: readonly (readonly [Shown, string, Scale])[] = [
  ['memoryUsedBytes', 'memory used', scales.mebibytes],
  ['loadAverage1', 'load average, 1 min', scales.plain],
  ['rootUsedBytes', 'root disk used', scales.gibibytes],
];

/** Digits that let three sources be told apart. */
const digits = 5;

/** The paper's cross-check: the figures of each level by the sampler, the API and in a terminal of the node. */
export function terminalBlocks({ resources, label }: Summary): readonly Block[] {
  const looks = resources.visits.flatMap(({ level, terminal }) => (terminal ? [{ level, terminal }] : []));
  if (looks.length === 0) return [];
  const levels = [...new Set(looks.map(({ level }) => level))].sort((a, b) => a - b);
  return [
    {
      kind: 'text',
      text: `The paper read its figures once more in a terminal of the node over SSH, “with the same result”. Here \`pvesh get\` prints the node’s status there at the end of each visit, after the last sample: ${costOf(looks.map(({ terminal }) => terminal))}. The CPU is left out: a command that starts anew has no reading before its own to take the difference from.`,
    },
    {
      kind: 'table',
      title: labelled('The same at the end of a visit by three sources', label),
      head: ['Running guests', 'n', 'Quantity', 'Sampler, last sample', 'API, last poll', 'Terminal'],
      rows: levels.flatMap((level) => {
        const own = looks.filter((look) => look.level === level).map(({ terminal }) => terminal);
        return rows.map(([key, name, { unit, factor }]) => [
          ...[String(level), String(own.length), name],
          ...(['sampler', 'api', 'terminal'] as const).map((source) => {
            const middle = median(own.flatMap((look) => look[key][source] ?? []));
            return quantity(middle === null ? null : middle / factor, unit, digits);
          }),
        ]);
      }),
      detail: true,
    },
  ];
}

/** Outside of all samples, so that it is in no figure; it is said all the same. */
function costOf(looks: readonly TerminalResult[]): string {
  const seconds = quantity(median(looks.map((look) => look.seconds)), 's');
  const cpu = quantity(median(looks.flatMap(({ cpuSeconds }) => cpuSeconds ?? [])), 's');
  return `it takes ${seconds} and ${cpu} of a CPU (medians of ${plural(looks.length, 'visit')}), which are in no sample`;
}
