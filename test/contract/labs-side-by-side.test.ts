import { seededRandom, shuffled } from '../../measure/run/random';
import { ManyLabs, type SideLab, tagOf } from './many-labs';

/**
 * Clones of the lab at work on one node at the same time, each with a guest: their deploys and destroys get in each other's
 * way at the node's network, its storages and its free vmids.
 *
 * LABS makes more of them, 10 for one; SEED, which is printed, gives an order back.
 */
const LABS = Number(process.env.LABS || 3);
const SEED = Number(process.env.SEED || Date.now() % 1_000_000);

jest.setTimeout(120_000 * LABS);

const random = seededRandom(SEED);
const many = new ManyLabs(LABS, [18_430, 18_530]);

beforeAll(() => many.up());
afterAll(() => many.remove());

/** At once for all of them; the order is that in which they begin. */
async function all(labs: readonly SideLab[], command: (of: SideLab) => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(shuffled(labs, random).map(command));
  const failed = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  if (failed.length > 0) throw new Error(`SEED=${SEED}\n${failed.join('\n')}`);
}

const deploy = (of: SideLab) => many.succeeds(of, 'deploy');
const destroy = (of: SideLab) => many.succeeds(of, 'destroy');

/** Each lab has its guest, its bridges, and three files: an image and what cloud-init reads. */
async function expectWhole(): Promise<void> {
  const found = await many.onNode();
  expect([...found.keys()].sort()).toEqual(many.labs.map(tagOf).sort());
  for (const of of many.labs) {
    const kinds = (found.get(tagOf(of) ?? '') ?? []).map((thing) => thing.replace(/^file .*/, 'file'));
    expect(kinds).toEqual([
      ...of.bridges.map((name) => `bridge ${name}`),
      'file',
      'file',
      'file',
      `vm ${of.vmid}`,
    ]);
  }
}

test(`${LABS} labs deploy and destroy side by side on one node, in any order (SEED=${SEED})`, async () => {
  await all(many.labs, deploy);
  await expectWhole();
  const some = shuffled(many.labs, random).slice(0, Math.ceil(LABS / 2));
  await all(many.labs, async (of) => {
    // The others deploy again meanwhile, what changes nothing.
    if (some.includes(of)) await destroy(of);
    await deploy(of);
  });
  await expectWhole();
  await all(many.labs, destroy);
  expect(await many.onNode()).toEqual(new Map());
});
