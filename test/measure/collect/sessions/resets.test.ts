import {
  type ResetKind,
  Resets,
  type ResetWorld,
  snapshotNameOf,
} from '../../../../measure/collect/sessions/resets';
import type { Snapshot } from '../../../../proxmox/snapshots';
import { testLab } from '../fixtures';

const cost = { seconds: 2, bytes: 1024, stillSeconds: 1.5 };
const [wordpress, moodle] = testLab().guests;
if (!wordpress || !moodle) throw new Error('the lab of the tests has no two guests');

/** A node that keeps snapshots, and writes down what is done. */
function node(before: readonly string[] = []) {
  const done: string[] = [];
  const kept = new Map<string, Snapshot[]>();
  const row = (name: string, withMemory: boolean) => ({ name, withMemory, description: '', snaptime: 0 });
  for (const name of before) kept.set(wordpress?.name ?? '', [row(name, true)]);
  const world: ResetWorld = {
    snapshots: {
      of: async ({ name }) => kept.get(name) ?? [],
      take: async (guest, name) => {
        done.push(`take ${guest.name}`);
        kept.set(guest.name, [row(name, guest.kind === 'vm')]);
        return cost;
      },
      rollBack: async (guest, _name, { start }) => {
        done.push(`roll back ${guest.name}${start ? ' and start' : ''}`);
        return { ...cost, bytes: null };
      },
      remove: async (guest) => {
        done.push(`remove ${guest.name}`);
        kept.delete(guest.name);
        return cost;
      },
    },
    power: {
      start: async (guest) => {
        done.push(`start ${guest.name}`);
        return { guest: guest.name, action: 'start', startedAt: 0, taskSeconds: 0, readySeconds: 0 };
      },
      shutdown: async (guest) => {
        done.push(`shutdown ${guest.name}`);
        return { guest: guest.name, action: 'shutdown', startedAt: 0, taskSeconds: 0, readySeconds: null };
      },
      untilReady: async (guest) => done.push(`ready ${guest.name}`),
    },
    agent: (guest) => ({
      exec: async ([program]) => {
        done.push(`${program} ${guest.name}`);
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    }),
    now: () => 1_800_000_000,
    progress: () => undefined,
  };
  return { done, resets: (from: ResetKind) => new Resets(world, from, 'a-run') };
}

test('each session of a guest begins from one snapshot, which the first one takes, with its clock set', async () => {
  const { done, resets } = node();
  const at = resets('snapshot');
  const first = await at.begin(wordpress);
  expect(first).toEqual({
    ...{ from: 'snapshot', seconds: expect.any(Number), stillSeconds: 1.5 },
    snapshot: { name: snapshotNameOf('a-run'), withMemory: true, taken: cost },
  });
  expect((await at.begin(wordpress)).snapshot).toEqual(first.snapshot);
  await at.begin(moodle);
  await at.end([wordpress, moodle]);
  const back = (guest: string) => [`roll back ${guest}`, `date ${guest}`, `ready ${guest}`];
  expect(done).toEqual([
    ...['take wordpress', ...back('wordpress'), ...back('wordpress')],
    ...['take moodle', ...back('moodle'), 'remove wordpress', 'remove moodle'],
  ]);
});

test('a run that is continued begins from the snapshot that it has, and another run from its own', async () => {
  const { done, resets } = node([snapshotNameOf('a-run')]);
  expect((await resets('snapshot').begin(wordpress)).snapshot?.taken).toBeNull();
  expect(done[0]).toBe('roll back wordpress');
  expect(snapshotNameOf('b-run')).not.toBe(snapshotNameOf('a-run'));
  expect(snapshotNameOf('a-run')).toMatch(/^[a-z][\w-]{1,39}$/);
});

test('a container, whose memory nothing keeps, boots from the files of its snapshot', async () => {
  const { done, resets } = node();
  await resets('snapshot').begin({ ...moodle, kind: 'container' });
  expect(done).toEqual(['take moodle', 'roll back moodle and start', 'ready moodle']);
});

test('without snapshots a session begins with a boot, and nothing is left to remove', async () => {
  const { done, resets } = node();
  const at = resets('boot');
  expect(await at.begin(wordpress)).toEqual({
    ...{ from: 'boot', seconds: expect.any(Number), stillSeconds: null },
  });
  await at.end([wordpress]);
  expect(done).toEqual(['shutdown wordpress', 'start wordpress', 'ready wordpress']);
});
