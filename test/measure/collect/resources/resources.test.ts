import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Guest } from '../../../../config/lab';
import { bringTo, type GuestPower } from '../../../../measure/collect/resources/guest-power';
import {
  collectResources,
  makeVisit,
  type ResourcesWorld,
} from '../../../../measure/collect/resources/resources';
import { isSteady, settleRule, settleVerdict } from '../../../../measure/collect/resources/settle';
import type { ApiSample, CounterSample, PowerChange, ResourceVisit } from '../../../../measure/run/raw-data';
import { RunDirectory } from '../../../../measure/run/run-directory';
import { registerPlan } from '../../../../measure/run/run-plan';
import { counterSample } from '../../fixtures/counter-sample';
import { testLab } from '../fixtures';
import { LocalShell } from '../local-shell';

jest.setTimeout(30_000);

/** Guests as a set of names; no VM anywhere. */
class FakePower implements GuestPower {
  readonly running = new Set<string>();
  readonly log: string[] = [];
  failing: string | undefined;

  async isRunning(guest: Guest): Promise<boolean> {
    return this.running.has(guest.name);
  }

  async start(guest: Guest): Promise<PowerChange> {
    this.log.push(`start ${guest.name}`);
    if (this.failing === guest.name) throw new Error(`${guest.name}: does not start`);
    this.running.add(guest.name);
    return { guest: guest.name, action: 'start', startedAt: 1, taskSeconds: 2, readySeconds: 3 };
  }

  async shutdown(guest: Guest): Promise<PowerChange> {
    this.log.push(`shutdown ${guest.name}`);
    this.running.delete(guest.name);
    return { guest: guest.name, action: 'shutdown', startedAt: 1, taskSeconds: 2, readySeconds: null };
  }
}

const apiSample: ApiSample = {
  time: 1,
  cpuFraction: 0.1,
  memoryUsedBytes: 1,
  memoryTotalBytes: 2,
  loadAverage: [0, 0, 0],
  rootUsedBytes: 1,
  rootTotalBytes: 2,
  guests: [],
};

/** A shell on which every guest of `power` has a process, as the sampler reports it. */
function shellWith(power: FakePower): LocalShell {
  const vmids = new Map(testLab().guests.map((guest) => [guest.name, guest.vmid]));
  // Rewrites the sampler's own lines; all other figures stay this machine's.
  return new (class extends LocalShell {
    override async start(command: readonly string[]) {
      const running = [...power.running].map((name) => vmids.get(name));
      const guests = running.map((vmid) => ({ vmid, cpuTicks: 1, residentBytes: 1 }));
      const sampler = await super.start(command);
      const rewritten = async function* () {
        for await (const line of createInterface({ input: sampler.stdout })) {
          const sample = JSON.parse(line);
          yield Buffer.from(`${JSON.stringify('guests' in sample ? { ...sample, guests } : sample)}\n`);
        }
      };
      return { ...sampler, stdout: Readable.from(rewritten()) };
    }
  })();
}

describe('scenario 1', () => {
  const directory = mkdtempSync(join(tmpdir(), 'resources-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  const lab = testLab();
  const plan = registerPlan(lab, {
    run: 'r',
    planName: 'tiny',
    scenarios: ['resources'],
    registeredAt: '2026-01-01T00:00:00Z',
    missingApplications: [],
  });

  function world(power: FakePower, changes: Partial<ResourcesWorld> = {}): ResourcesWorld {
    return {
      shell: shellWith(power),
      power,
      clock: { now: () => Date.now() / 1000, offsetSeconds: 0, uncertaintySeconds: 0 },
      poll: async () => apiSample,
      readTerminal: async () => null,
      progress: () => {},
      signal: new AbortController().signal,
      ...changes,
    };
  }

  function visits(path: string): ResourceVisit[] {
    const raw = join(path, 'raw', 'resources');
    return readdirSync(raw)
      .sort()
      .map((file) => JSON.parse(readFileSync(join(raw, file), 'utf8')) as ResourceVisit);
  }

  it('keeps every planned visit with its guests, samples and polls', async () => {
    const path = join(directory, 'whole');
    const told: Record<string, unknown>[] = [];
    const journal = { write: (line: object) => told.push({ ...line }) > 0 };
    await collectResources(world(new FakePower(), { journal }), plan, new RunDirectory(path));
    const made = visits(path);
    expect(made.map(({ level }) => level)).toEqual(plan.levelOrder.flat());
    const sampled = made.flatMap((visit) => [...(visit.settlingSamples ?? []), ...visit.samples]);
    expect(told.flatMap(({ sample }) => sample ?? [])).toEqual(sampled);
    for (const visit of made) {
      expect(visit.fault).toBeNull();
      expect(visit.samples).toHaveLength(4);
      expect(visit.settlingSamples?.length).toBeGreaterThan(0);
      expect(visit.apiSamples.length).toBeGreaterThan(0);
      expect(visit.runningGuests).toEqual(lab.guests.slice(0, visit.level).map(({ name }) => name));
      expect(visit.cpus).toBeGreaterThan(0);
      const lastSettling = visit.settlingSamples?.at(-1)?.time ?? 0;
      expect(visit.samples[0]?.time).toBeGreaterThan(lastSettling);
    }
  });

  it('looks into a terminal of the node once in a visit, after the last sample', async () => {
    const path = join(directory, 'terminal');
    const readTerminal = async () => ({
      ...{ ...apiSample, guests: undefined, time: Date.now() / 1000, seconds: 1, cpuSeconds: 0.5 },
    });
    await collectResources(world(new FakePower(), { readTerminal }), plan, new RunDirectory(path));
    for (const { terminal, samples } of visits(path)) {
      // Of two clocks: the collector's tells milliseconds.
      expect(terminal?.time).toBeGreaterThan((samples.at(-1)?.time ?? Number.POSITIVE_INFINITY) - 0.001);
    }
  });

  it('changes as few guests as possible between two levels', async () => {
    const power = new FakePower();
    await collectResources(world(power), plan, new RunDirectory(join(directory, 'few')));
    const levels = [0, ...plan.levelOrder.flat()];
    const least = levels
      .slice(1)
      .reduce((sum, level, index) => sum + Math.abs(level - (levels[index] ?? 0)), 0);
    expect(power.log).toHaveLength(least);
  });

  it('records a guest that does not start as a fault and goes on with the next level', async () => {
    const power = new FakePower();
    power.failing = 'mediawiki';
    const path = join(directory, 'faulty');
    const faults = await collectResources(world(power), plan, new RunDirectory(path));
    expect(faults).toHaveLength(2); // level 3, once in each block
    const [faulty, whole] = [3, 1].map((level) => visits(path).filter((visit) => visit.level === level));
    for (const visit of faulty ?? []) {
      expect(visit.fault).toBe('mediawiki: does not start');
      expect(visit.samples).toEqual([]);
      expect(visit.cpus).toBeGreaterThan(0);
    }
    for (const visit of whole ?? []) expect(visit.fault).toBeNull();
  });

  it('keeps the changes that were made where another one fails', async () => {
    const power = new FakePower();
    power.failing = 'moodle';
    const visit = await makeVisit(world(power), plan, { visit: 0, block: 0, level: 3 });
    expect(visit.fault).toBe('moodle: does not start');
    expect(visit.changes.map(({ guest }) => guest)).toEqual(['wordpress', 'mediawiki']);
  });

  it('goes on with the next visit where the sampler says what no record holds', async () => {
    const path = join(directory, 'refused');
    const power = new FakePower();
    const shell = new (class extends LocalShell {
      starts = 0;
      override start(command: readonly string[]) {
        this.starts += 1;
        const wrong = ['echo', '{"ticksPerSecond": 100, "cpus": null}'];
        return this.starts <= 2 ? super.start(wrong) : shellWith(power).start(command);
      }
    })();
    const faults = await collectResources(world(power, { shell }), plan, new RunDirectory(path));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^000-level\d: the sampler printed a record that is wrong: cpus/);
    expect(visits(path)).toHaveLength(plan.levelOrder.flat().length - 1);
  });

  it('notices a guest that was killed during the visit', async () => {
    const power = new FakePower();
    const poll = async () => apiSample;
    const killed = new (class extends FakePower {
      override async start(guest: Guest) {
        const change = await super.start(guest);
        this.running.delete('moodle');
        return change;
      }
    })();
    const visit = await makeVisit(world(killed, { poll }), plan, { visit: 0, block: 0, level: 2 });
    expect(power.log).toEqual([]);
    expect(visit.fault).toBe('guest moodle (VM 116) stopped during the visit');
    expect(visit.samples).toHaveLength(4);
  });

  it('keeps what it has when it is interrupted, and makes the rest when resumed', async () => {
    const path = join(directory, 'resumed');
    const interrupt = new AbortController();
    let sampled = 0;
    const cut = world(new FakePower(), {
      signal: interrupt.signal,
      progress: (text) => {
        if (text.includes('taking')) sampled += 1;
        if (sampled === 3) interrupt.abort(new Error('interrupted'));
      },
    });
    await expect(collectResources(cut, plan, new RunDirectory(path))).rejects.toThrow('interrupted');
    const before = visits(path);
    expect(before.at(-1)?.fault).toBe('interrupted');
    expect(before).toHaveLength(3);
    const whole = before.filter(({ fault }) => fault === null).map(({ changedAt }) => changedAt);
    await collectResources(world(new FakePower()), plan, new RunDirectory(path));
    const after = visits(path);
    expect(after.every(({ fault }) => fault === null)).toBe(true);
    // What was whole was not measured again.
    expect(after.slice(0, whole.length).map(({ changedAt }) => changedAt)).toEqual(whole);
  });

  it('makes a visit again whose file is broken', async () => {
    const path = join(directory, 'broken');
    await collectResources(world(new FakePower()), plan, new RunDirectory(path));
    const [first = ''] = readdirSync(join(path, 'raw/resources')).sort();
    writeFileSync(join(path, 'raw/resources', first), '{"visit": 0, "blo');
    expect(await collectResources(world(new FakePower()), plan, new RunDirectory(path))).toEqual([]);
    expect(visits(path)).toHaveLength(plan.levelOrder.flat().length);
  });

  it('never writes over a run', async () => {
    const run = new RunDirectory(join(directory, 'once'));
    await run.create(plan, '');
    await expect(run.create(plan, '')).rejects.toThrow('holds a run already');
    expect(existsSync(join(directory, 'once', 'plan.json'))).toBe(true);
  });

  it('keeps lab.yaml with the run as it was', async () => {
    const run = new RunDirectory(join(directory, 'labelled'));
    await run.create(plan, '# mine\nname: lab\n');
    expect(readFileSync(join(run.path, 'raw/lab.yaml'), 'utf8')).toBe('# mine\nname: lab\n');
  });

  it('shuts guests down before it starts others', async () => {
    const power = new FakePower();
    power.running.add('mediawiki');
    await bringTo(power, lab.guests, lab.guests.slice(0, 1));
    expect(power.log).toEqual(['shutdown mediawiki', 'start wordpress']);
  });
});

describe('the rule of settling', () => {
  const rule = settleRule({ settleSeconds: 60 });
  const constants = { cpus: 2, ticksPerSecond: 100 };

  /** One sample a second of a node with 2 CPUs at 100 ticks a second. */
  function samples(shares: readonly number[]): CounterSample[] {
    let idle = 0;
    return [0, ...shares].map((share, second) => {
      if (second > 0) idle += 200 * (1 - share);
      return counterSample(second, 200 * second, idle);
    });
  }

  it('finds an even CPU steady after three windows and not before', () => {
    const even = new Array<number>(12).fill(0.3);
    expect(isSteady(samples(even), rule, constants)).toBe(true);
    expect(isSteady(samples(even.slice(0, 11)), rule, constants)).toBe(false);
  });

  it('does not find a CPU steady that still falls', () => {
    const falling = Array.from({ length: 12 }, (_, second) => 0.9 - second * 0.02);
    expect(isSteady(samples(falling), rule, constants)).toBe(false);
  });

  it('forgets a burst that lies before the windows', () => {
    expect(isSteady(samples([1, 1, 1, ...new Array<number>(12).fill(0.1)]), rule, constants)).toBe(true);
  });

  it('waits as long as the plan wants at least, and at most', () => {
    const even = samples(new Array<number>(12).fill(0.3));
    const patient = settleRule({ settleSeconds: 400, settleAtLeastSeconds: 300 });
    expect(settleVerdict(even, 12, rule, constants)).toBe('settled');
    expect(settleVerdict(even, 299, patient, constants)).toBe('wait');
    expect(settleVerdict(even, 300, patient, constants)).toBe('settled');
    const uneven = samples(Array.from({ length: 12 }, (_, second) => 0.9 - second * 0.02));
    expect(settleVerdict(uneven, 399, patient, constants)).toBe('wait');
    expect(settleVerdict(uneven, 400, patient, constants)).toBe('transient');
  });

  it('goes by idle time against the clock, as the kernel does not count all ticks of what is busy', () => {
    // Every second second loses half of its busy ticks, while the idle ones stay the same.
    const lossy = samples(new Array<number>(12).fill(0.5)).map((sample, second) => ({
      ...sample,
      cpuTotalTicks: sample.cpuIdleTicks + (second % 8 < 4 ? 100 : 50) * second,
    }));
    expect(isSteady(lossy, rule, constants)).toBe(true);
  });

  it('is not settled where no time has passed', () => {
    const [only] = samples([]);
    expect(only && isSteady([only, only], rule, constants)).toBe(false);
  });
});
