import type { CounterSample } from '../../run/raw-data';

type Samples = readonly Pick<CounterSample, 'time' | 'packageEnergy'>[];

/**
 * Mean power of all CPU packages from the first sample to the last, W: RAPL's counters (Intel SDM volume 3, 15.10), which
 * hold cores and caches of a package and begin again at 0 after some minutes. Null where a sample lacks them: never 0.
 */
export function packageWatts(samples: Samples): number | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.time <= first.time) return null;
  let microjoules = 0;
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    if (!before) continue;
    const used = energyBetween(before, sample);
    if (used === null) return null;
    microjoules += used;
  }
  return microjoules / 1e6 / (last.time - first.time);
}

function energyBetween(from: Samples[number], to: Samples[number]): number | null {
  if (!from.packageEnergy || !to.packageEnergy) return null;
  let sum = 0;
  for (const { name, microjoules, maxMicrojoules } of to.packageEnergy) {
    const before = from.packageEnergy.find((zone) => zone.name === name);
    if (before === undefined) return null;
    const used = microjoules - before.microjoules;
    sum += used < 0 ? used + maxMicrojoules : used;
  }
  return sum;
}

/**
 * What of the packages' power is a guest's, by its share of the CPU time in which the node was not idle. What the packages
 * take when idle is shared out with it: the counters do not tell one from the other.
 */
export function shareOfWatts(
  watts: number | null,
  guestPercentOfOneCpu: number | null,
  nodePercent: number | null,
  cpus: number,
): number | null {
  if (watts === null || guestPercentOfOneCpu === null || !nodePercent) return null;
  return watts * Math.min(1, guestPercentOfOneCpu / cpus / nodePercent);
}
