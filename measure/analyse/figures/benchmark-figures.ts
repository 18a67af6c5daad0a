import { type Benchmark, benchmarks } from '../benchmarks/benchmark';
import type { TrialResult } from '../benchmarks/trial-result';
import { type Figure, ofFile } from './figure';

const output = ['runs[].benchmark', 'runs[].place', 'runs[].output'];

/** Of a guest over its trials: what it can do, what the node itself can, and the one by the other. */
export const benchmarkFigures: readonly Figure<TrialResult>[] = [
  ...benchmarks.flatMap(figuresOf),
  {
    key: 'stealPercent',
    label: 'steal time',
    sample: 'steal time',
    unit: '%',
    rule: ofFile(
      "steal ticks by all ticks of the guest's CPUs while its benchmarks ran; not known where emulated, as nothing counts it there",
      'runs[].cpu',
      'runs[].place',
    ),
    value: ({ stealPercent }) => stealPercent,
  },
];

function figuresOf({ key, label, unit, how, isRate }: Benchmark): readonly Figure<TrialResult>[] {
  const own: readonly Figure<TrialResult>[] = [
    {
      ...{ key, label, unit, sample: label },
      rule: ofFile(how, ...output),
      value: ({ inGuest }) => inGuest[key] ?? null,
    },
    {
      ...{ key: `${key}Node`, label: `${label}: on the node itself`, unit },
      sample: `${label}: on the node itself`,
      rule: ofFile(`${how}; on the node itself in the same trial`, ...output),
      value: ({ onNode }) => onNode[key] ?? null,
    },
  ];
  if (!isRate) return own;
  const ratio: Figure<TrialResult> = {
    ...{ key: `${key}Ratio`, label: `${label}: guest by node`, unit: '' as const },
    sample: `${label}: guest by node`,
    rule: ofFile(
      'value in the guest by that on the node in the same trial; 1 = virtualising costs nothing',
      ...output,
    ),
    value: (trial) => ratioOf(trial, key),
  };
  return [...own, ratio];
}

function ratioOf({ inGuest, onNode }: TrialResult, key: string): number | null {
  const guest = inGuest[key] ?? null;
  const node = onNode[key] ?? null;
  return guest === null || node === null || node === 0 ? null : guest / node;
}
