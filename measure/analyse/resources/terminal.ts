import type { ResourceVisit } from '../../run/raw-data';

/** One figure by each of the three sources, as near to one another in time as they were taken. */
interface SideBySide {
  readonly sampler: number | null;
  readonly api: number | null;
  readonly terminal: number | null;
}

/** What a terminal of the node showed, beside the sampler's last sample and the API's last poll. */
export interface TerminalResult {
  /** How long the command took, and the CPU time that it used: outside of what was sampled. */
  readonly seconds: number;
  readonly cpuSeconds: number | null;
  readonly memoryUsedBytes: SideBySide;
  readonly loadAverage1: SideBySide;
  readonly rootUsedBytes: SideBySide;
}

export function terminalResult({ terminal, samples, apiSamples }: ResourceVisit): TerminalResult | null {
  if (!terminal) return null;
  const sample = samples.at(-1);
  const poll = apiSamples.at(-1);
  return {
    seconds: terminal.seconds,
    cpuSeconds: terminal.cpuSeconds,
    memoryUsedBytes: {
      sampler: sample ? sample.memoryTotalBytes - sample.memoryAvailableBytes : null,
      api: poll?.memoryUsedBytes ?? null,
      terminal: terminal.memoryUsedBytes,
    },
    loadAverage1: {
      sampler: sample?.loadAverage[0] ?? null,
      api: poll?.loadAverage?.[0] ?? null,
      terminal: terminal.loadAverage?.[0] ?? null,
    },
    rootUsedBytes: {
      sampler: sample?.rootUsedBytes ?? null,
      api: poll?.rootUsedBytes ?? null,
      terminal: terminal.rootUsedBytes,
    },
  };
}
