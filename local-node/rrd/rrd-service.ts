import { join } from 'node:path';
import { setImmediate as othersFirst } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock';
import { readStateFile, writeStateFile } from '../base/state-file';
import type { GuestService } from '../guests/guest-service';
import type { HostService } from '../host/host-service';
import { type Figures, type KeptSeries, TimeSeries } from './time-series';

/** Seconds between samples, as pvestatd's loop. */
const SAMPLE_SECONDS = 10;
/** Seconds between writes of what is kept. */
const SAVE_SECONDS = 60;

/** Means that are kept, by the API's name of the time frame: 70 minutes and two days. */
const FRAMES = {
  hour: { stepSeconds: 60, capacity: 70 },
  day: { stepSeconds: 1800, capacity: 48 },
} as const;

export type TimeFrame = keyof typeof FRAMES;

/** A line of the file. */
interface Stored {
  readonly name: string;
  readonly frames: Readonly<Record<TimeFrame, KeptSeries>>;
}

/** So many series are gone through without letting calls in between. */
const AT_ONCE = 50;

export interface RrdServiceOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: HostService;
  /** What the same service of Proxmox VE (pvestatd) does at each sample besides. */
  readonly alongside: () => Promise<void>;
  readonly guests: GuestService;
}

/** Figures of the node and its guests over time, as GET rrddata shows them. */
export class RrdService {
  /** By 'node', 'qemu/100' or 'lxc/101'. */
  private readonly series = new Map<string, Record<TimeFrame, TimeSeries>>();
  private readonly file: string;
  private timer?: NodeJS.Timeout;
  private sampling: Promise<void> = Promise.resolve();
  private saved = 0;
  private readonly lastCounters = new Map<string, { time: number; values: Figures }>();

  constructor(private readonly options: RrdServiceOptions) {
    this.file = join(options.stateDir, 'rrd.jsonl');
  }

  async start(): Promise<void> {
    this.load();
    this.saved = this.steadySeconds();
    this.timer = setInterval(() => {
      this.sampling = this.sampling
        .then(() => this.sample())
        .catch((err: unknown) => this.options.logger.warn({ err }, 'could not take a sample'));
    }, SAMPLE_SECONDS * 1000);
    this.timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sampling;
    await this.save().catch((err: unknown) => this.options.logger.warn({ err }, 'figures are not kept'));
  }

  /** Rows by time; a row without figures has only its time. */
  rows(name: string, frame: TimeFrame): Record<string, number>[] {
    return (this.series.get(name)?.[frame] ?? newSeries(frame)).rows(this.seconds());
  }

  /** Takes one sample of everything; called by the timer, and by tests. */
  async sample(): Promise<void> {
    await this.options.alongside();
    this.add('node', await this.nodeFigures());
    const present = new Set(['node']);
    const { figures, containers } = this.options.guests;
    const guests = [...(await figures.list(false)), ...(await containers.figures.list())];
    for (const [index, row] of guests.entries()) {
      if (index % AT_ONCE === 0) await othersFirst();
      const name = `${row.type ?? 'qemu'}/${row.vmid}`;
      present.add(name);
      this.add(name, row.status === 'running' ? this.guestFigures(name, row) : {});
    }
    for (const name of this.series.keys()) {
      if (present.has(name)) continue;
      this.series.delete(name);
      this.lastCounters.delete(name);
    }
    if (this.steadySeconds() - this.saved >= SAVE_SECONDS) await this.save();
  }

  private add(name: string, figures: Figures): void {
    let frames = this.series.get(name);
    if (!frames) {
      frames = { hour: newSeries('hour'), day: newSeries('day') };
      this.series.set(name, frames);
    }
    for (const series of Object.values(frames)) series.add(this.seconds(), figures);
  }

  private async nodeFigures(): Promise<Figures> {
    const { host } = this.options;
    const memory = host.memory();
    const root = await host.rootFileSystem();
    const shares = host.cpu();
    return known({
      cpu: shares?.cpu,
      iowait: shares?.wait,
      loadavg: host.loadAverage()[0],
      maxcpu: host.cpuInfo().cpus,
      ...{ memtotal: memory.total, memused: memory.used, memavailable: memory.available },
      ...{ swaptotal: memory.swapTotal, swapused: memory.swapTotal - memory.swapFree },
      ...{ roottotal: root.total, rootused: root.used },
      pressurecpusome: host.pressure('cpu', 'some'),
      pressureiosome: host.pressure('io', 'some'),
      pressureiofull: host.pressure('io', 'full'),
      pressurememorysome: host.pressure('memory', 'some'),
      pressurememoryfull: host.pressure('memory', 'full'),
    });
  }

  /** Counters of bytes become bytes a second; the first sight of a guest has none. */
  private guestFigures(name: string, row: Readonly<Record<string, unknown>>): Figures {
    const pick = (names: readonly string[]) =>
      known(
        Object.fromEntries(names.map((key) => [key, typeof row[key] === 'number' ? row[key] : undefined])),
      );
    const counters = pick(['netin', 'netout', 'diskread', 'diskwrite']);
    const now = this.steadySeconds();
    const before = this.lastCounters.get(name);
    this.lastCounters.set(name, { time: now, values: counters });
    const rates: Record<string, number | undefined> = {};
    for (const [key, value] of Object.entries(counters)) {
      const earlier = before?.values[key];
      // A counter that went back belongs to a guest that was started again.
      if (before && earlier !== undefined && value >= earlier && now > before.time) {
        rates[key] = (value - earlier) / (now - before.time);
      }
    }
    const { cpus } = pick(['cpus']);
    return known({ ...pick(['cpu', 'mem', 'maxmem', 'memhost', 'disk', 'maxdisk']), ...rates, maxcpu: cpus });
  }

  private load(): void {
    try {
      const lines = (readStateFile(this.file) ?? '').split('\n').filter(Boolean);
      for (const { name, frames } of lines.map((line) => JSON.parse(line) as Stored)) {
        this.series.set(name, {
          hour: newSeries('hour', frames.hour),
          day: newSeries('day', frames.day),
        });
      }
    } catch (err) {
      this.options.logger.warn(
        { err, file: this.file },
        'figures of earlier runs cannot be read and are left out',
      );
    }
  }

  private async save(): Promise<void> {
    this.saved = this.steadySeconds();
    const lines: Buffer[] = [];
    for (const [name, { hour, day }] of [...this.series]) {
      if (lines.length % AT_ONCE === 0) await othersFirst();
      const stored: Stored = { name, frames: { hour: hour.kept(), day: day.kept() } };
      lines.push(Buffer.from(`${JSON.stringify(stored)}\n`));
    }
    await writeStateFile(this.file, Buffer.concat(lines));
  }

  private seconds(): number {
    return Math.floor(this.options.clock.now() / 1000);
  }

  private steadySeconds(): number {
    return this.options.clock.steady() / 1000;
  }
}

function newSeries(frame: TimeFrame, kept?: KeptSeries): TimeSeries {
  return new TimeSeries(FRAMES[frame].stepSeconds, FRAMES[frame].capacity, kept);
}

function known(figures: Readonly<Record<string, number | undefined>>): Figures {
  const entries = Object.entries(figures).filter(
    (entry): entry is [string, number] => entry[1] !== undefined && Number.isFinite(entry[1]),
  );
  return Object.fromEntries(entries);
}
