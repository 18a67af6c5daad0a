import { type BootedProcess, isStillThere } from '../../machine/processes';
import { nodeCpuPercent, othersCpuPercent } from '../analyse/resources/counters';
import type { CounterConstants, CounterSample, JournalRecord, ResourceVisit } from '../run/raw-data';
import { journalRecord } from '../run/records/journal';
import type { NumberedLine } from './growing-lines';

/** One reading of the node, as the page draws it: CPU in % of all CPUs, sizes in bytes. Null = not known. */
export interface NodeReading {
  readonly time: number;
  /** The level settles still; not in its figures. */
  readonly settling: boolean;
  readonly cpus: number;
  readonly cpuPercent: number | null;
  readonly othersCpuPercent: number | null;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
  readonly loadAverage: readonly [number, number, number];
  readonly rootUsedBytes: number;
  readonly rootTotalBytes: number;
}

/** With the end of its line in the journal, by which who comes back says what he has. */
export interface NumberedReading {
  readonly id: number;
  /** Name of its visit. */
  readonly visit: string;
  readonly reading: NodeReading;
}

export type Repetition = Pick<Extract<JournalRecord, { event: 'making' }>, 'kind' | 'name'>;

/** How a run stands by its journal. `vanished`: whoever measured has gone without a word. */
export type RunPhase = 'running' | 'ended' | 'interrupted' | 'vanished';

/** What the lines of a journal amount to. Readings are kept of the newest visit alone. */
export class RunEvents {
  begun?: { readonly time: number; readonly estimatedSeconds: number; readonly isMost: boolean };
  making?: Repetition;
  step?: string;
  readonly enough = new Set<string>();
  /** The visit whose readings these are. */
  visit?: string;
  readings: readonly NumberedReading[] = [];
  endedAt?: number;
  private interrupted = false;
  private process?: BootedProcess;
  private before?: CounterSample;

  constructor(private readonly isThere: (process: BootedProcess) => boolean = isStillThere) {}

  /** Undefined where there is no journal, as in older runs. */
  get phase(): RunPhase | undefined {
    if (!this.process) return undefined;
    if (this.endedAt !== undefined) return this.interrupted ? 'interrupted' : 'ended';
    return this.isThere(this.process) ? 'running' : 'vanished';
  }

  /** Returns the readings among the lines. A line that is none of this version's is passed over. */
  hear(lines: readonly NumberedLine[]): readonly NumberedReading[] {
    const heard: NumberedReading[] = [];
    for (const { end, text } of lines) {
      const line = parse(text);
      if (line?.event === 'sample') {
        const { sample, settling } = line;
        const reading = readingOf(this.before, sample, settling, line);
        this.before = sample;
        heard.push({ id: end, visit: this.visit ?? '', reading });
      } else if (line) {
        this.take(line);
        if (line.event === 'making' && line.kind === 'visit') heard.length = 0;
      }
    }
    this.readings = [...this.readings, ...heard];
    return heard;
  }

  private take(line: Exclude<JournalRecord, { event: 'sample' }>): void {
    switch (line.event) {
      case 'begun':
        this.begun = line;
        this.process = line.process;
        this.making = undefined;
        this.endedAt = undefined;
        break;
      case 'step':
        this.step = line.text;
        break;
      case 'making':
        this.making = line;
        if (line.kind !== 'visit') break;
        this.visit = line.name;
        this.readings = [];
        this.before = undefined;
        break;
      case 'made':
        this.making = undefined;
        break;
      case 'enough':
        this.enough.add(`${line.kind} ${line.name}`);
        break;
      case 'ended':
        this.making = undefined;
        this.endedAt = line.time;
        this.interrupted = line.interrupted;
    }
  }
}

/** The readings of a visit that has been made. */
export function readingsOf(visit: ResourceVisit): readonly NodeReading[] {
  const settling = (visit.settlingSamples ?? []).map((sample) => ({ sample, settling: true }));
  const all = [...settling, ...visit.samples.map((sample) => ({ sample, settling: false }))];
  return all.map(({ sample, settling }, index) => readingOf(all[index - 1]?.sample, sample, settling, visit));
}

function readingOf(
  before: CounterSample | undefined,
  sample: CounterSample,
  settling: boolean,
  constants: CounterConstants,
): NodeReading {
  const { time, memoryTotalBytes, loadAverage, rootUsedBytes, rootTotalBytes } = sample;
  return {
    time,
    settling,
    cpus: constants.cpus,
    cpuPercent: before ? nodeCpuPercent(before, sample, constants) : null,
    othersCpuPercent: before ? othersCpuPercent(before, sample, constants) : null,
    memoryUsedBytes: memoryTotalBytes - sample.memoryAvailableBytes,
    memoryTotalBytes,
    loadAverage,
    rootUsedBytes,
    rootTotalBytes,
  };
}

function parse(text: string): JournalRecord | undefined {
  try {
    const result = journalRecord.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
