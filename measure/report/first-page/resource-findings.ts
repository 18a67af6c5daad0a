import type { LevelResult } from '../../analyse/resources/resources';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import { paperLevel } from '../../study-2019/paper';
import type { Finding } from '../document/document';
import { fixed, median, type Scale, scales } from '../document/format';
import type { Steps } from '../language/english/findings';
import { say } from '../language/messages';
import { rangeOf, repetitionsOf } from './ranges';
import { stepVerdict } from './step-verdict';

type Quantity = 'memoryUsedBytes' | 'cpuPercent';

/** Memory, CPU, and how long guests take to start. */
export function resourceFindings({ resources }: Summary): Finding[] {
  const words = say().findings;
  const { names } = words;
  const of = (
    name: string,
    key: Quantity,
    scales: Scales,
    several: (steps: Steps) => string,
    single: (value: string, level: number) => string,
  ): Finding[] => {
    const measured = resources.levels.flatMap((level) => {
      const value = level[key];
      return value === null ? [] : [{ level, value }];
    });
    const [first, last] = [measured[0], measured.at(-1)];
    if (first === undefined || last === undefined) return [];
    const text =
      first === last
        ? single(median(first.value, scales.level), first.level.level)
        : several(stepsOf(resources.increments, key, scales, first, last));
    return [{ name, text }];
  };
  const ready = resources.power.flatMap(({ action, readySeconds }) =>
    action === 'start' && readySeconds !== null ? [readySeconds] : [],
  );
  const starting = rangeOf(ready, scales.seconds);
  return [
    ...of(names.memory, 'memoryUsedBytes', memoryScales, words.memory, words.memoryOfOne),
    ...of(names.cpu, 'cpuPercent', cpuScales, words.cpu, words.cpuOfOne),
    ...(starting === null
      ? []
      : [{ name: names.starting, text: words.starting(starting, repetitionsOf(ready)) }]),
  ];
}

interface Scales {
  readonly level: Scale;
  readonly step: Scale;
  /** The 2019 study's steps; null = they are not given beside. */
  readonly paper: ((increments: Increments) => string | null) | null;
}

type Increments = Summary['resources']['increments'];

const memoryScales: Scales = { level: scales.gibibytes, step: scales.mebibytes, paper: paperMemorySteps };
const cpuScales: Scales = { level: scales.percent, step: scales.plain, paper: null };

interface Level {
  readonly level: LevelResult;
  readonly value: Distribution;
}

function stepsOf(increments: Increments, key: Quantity, by: Scales, first: Level, last: Level): Steps {
  const known = increments.flatMap((step) => step[key] ?? []);
  const range = rangeOf(known, by.step);
  return {
    first: median(first.value, by.level),
    last: median(last.value, by.level),
    firstLevel: first.level.level,
    lastLevel: last.level.level,
    added:
      range === null
        ? null
        : {
            range,
            falls: known.some(({ median }) => median < 0),
            byOne: increments.every(({ from, to }) => to - from === 1),
            n: repetitionsOf(known),
          },
    paper: by.paper?.(increments) ?? null,
    verdict: stepVerdict(known),
  };
}

/** Of the same steps in the 2019 study. */
function paperMemorySteps(increments: Increments): string | null {
  const steps = increments.flatMap(({ from, to }) => {
    const [lower, upper] = [paperLevel(from), paperLevel(to)];
    return lower === undefined || upper === undefined ? [] : [upper.memoryMiB - lower.memoryMiB];
  });
  if (steps.length === 0) return null;
  const [least, largest] = [fixed(Math.min(...steps), 0), fixed(Math.max(...steps), 0, 'MiB')];
  return steps.length === 1 ? largest : say().shared.range(least, largest);
}
