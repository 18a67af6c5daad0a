import type { Guest } from '../../../../config/lab';
import { estimateSeconds } from '../../../../measure/collect/estimate';
import { ApiPower, bringTo, type GuestPower } from '../../../../measure/collect/resources/guest-power';
import type { PowerChange } from '../../../../measure/run/raw-data';
import { registerPlan, settingsOf } from '../../../../measure/run/run-plan';
import { type ApiClient, TaskError } from '../../../../proxmox/api-client';
import { noAgent, testLab } from '../fixtures';

const lab = testLab();
const guest = lab.guests[0] as Guest;

/** A node on which the task of a shutdown fails and the guest stops, or not, `stopsAfter` seconds later. */
function failingShutdown(stopsAfter: number) {
  let now = 0;
  const posted: string[] = [];
  const client = {
    node: (path: string, node = 'pve') => `${node}/${path}`,
    get: async () => ({ status: now / 1000 >= stopsAfter ? 'stopped' : 'running' }),
    post: async (path: string) => {
      posted.push(path);
      return path;
    },
    wait: async (upid: string) => {
      if (upid.endsWith('shutdown')) throw new TaskError(upid, 'the agent went away', []);
    },
  } as unknown as ApiClient;
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const nodeClock = { now: () => now / 1000, offsetSeconds: 0, uncertaintySeconds: 0 };
  return { posted, power: new ApiPower(client, nodeClock, noAgent, { readinessSeconds: 60 }, clock) };
}

describe('a shutdown whose task fails', () => {
  it('is one all the same where the guest goes down and takes its agent with it', async () => {
    const { posted, power } = failingShutdown(4);
    expect(await power.shutdown(guest)).toMatchObject({ action: 'shutdown', taskSeconds: 4 });
    expect(posted).toEqual(['pve/qemu/129/status/shutdown']);
  });

  it('becomes a hard stop, recorded as such, where the guest runs on', async () => {
    const { posted, power } = failingShutdown(Number.POSITIVE_INFINITY);
    expect(await power.shutdown(guest)).toMatchObject({ action: 'stop', taskSeconds: 30 });
    expect(posted).toEqual(['pve/qemu/129/status/shutdown', 'pve/qemu/129/status/stop']);
  });

  it('is one of the node that the guest is on', async () => {
    const { posted, power } = failingShutdown(4);
    await power.shutdown({ ...guest, node: 'pve2' });
    expect(posted).toEqual(['pve2/qemu/129/status/shutdown']);
  });
});

/** Notes when each change begins and ends; a change ends only when it is told to. */
class SlowPower implements GuestPower {
  readonly log: string[] = [];
  readonly ends: (() => void)[] = [];
  constructor(private readonly running: readonly string[]) {}

  async isRunning({ name }: Guest): Promise<boolean> {
    return this.running.includes(name);
  }

  start(one: Guest): Promise<PowerChange> {
    return this.change('start', one);
  }

  shutdown(one: Guest): Promise<PowerChange> {
    return this.change('shutdown', one);
  }

  private async change(action: PowerChange['action'], { name }: Guest): Promise<PowerChange> {
    this.log.push(`${action} ${name}`);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    return { guest: name, action, startedAt: 0, taskSeconds: 0, readySeconds: null };
  }
}

test('guests shut down all at once, and others start only when all of them have stopped', async () => {
  const power = new SlowPower(['moodle', 'mediawiki']);
  const made: string[] = [];
  const done = bringTo(power, lab.guests, [guest], (change) => made.push(change.guest));
  await new Promise(setImmediate);
  expect(power.log).toEqual(['shutdown moodle', 'shutdown mediawiki']);
  power.ends[0]?.();
  await new Promise(setImmediate);
  expect(power.log).toHaveLength(2);
  power.ends[1]?.();
  await new Promise(setImmediate);
  expect(power.log[2]).toBe('start wordpress');
  power.ends[2]?.();
  await done;
  expect(made).toEqual(['moodle', 'mediawiki', 'wordpress']);
});

test('the estimate holds every sample and pause of the plan, and takes emulated guests for slower', () => {
  const plan = registerPlan(lab, {
    run: 'r',
    planName: 'tiny',
    scenarios: ['resources'],
    registeredAt: '2026-01-01T00:00:00Z',
    missingApplications: [],
  });
  const resources = settingsOf(plan, 'resources');
  const longer = {
    ...plan,
    plan: { ...plan.plan, resources: { ...resources, samples: resources.samples + 100 } },
  };
  const visits = plan.levelOrder.flat().length;
  const { intervalSeconds } = resources;
  expect(estimateSeconds(longer, 'tcg') - estimateSeconds(plan, 'tcg')).toBeCloseTo(
    visits * 100 * intervalSeconds,
  );
  expect(estimateSeconds(plan, 'tcg')).toBeGreaterThan(estimateSeconds(plan, 'kvm'));
});
