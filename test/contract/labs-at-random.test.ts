import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, shuffled } from '../../measure/run/random';
import { oneOf } from '../faults/random';
import { ManyLabs, type SideLab, tagOf } from './many-labs';

/**
 * Clones of the lab on one node, each with a guest, at random: they deploy, destroy and are killed at it, people remove
 * guests, files and bridges by hand, and make guests of their own where one of the lab's was. Whatever happens to one lab,
 * nothing of the others changes, nor of the strangers; in the end each deploys, and each destroy leaves nothing.
 *
 * LABS and OPERATIONS make it larger; SEED, which is printed, gives a run back.
 */
const LABS = Number(process.env.LABS ?? 2);
const OPERATIONS = Number(process.env.OPERATIONS ?? 8);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

jest.setTimeout(120_000 * (LABS + OPERATIONS));

const random = seededRandom(SEED);

const many = new ManyLabs(LABS, [18_406, 18_506]);
const { labs } = many;
const strangers = new Set<number>();

beforeAll(() => many.up());
afterAll(() => many.remove());

/** What is on the node, by whose it is: a lab's tag, or "strangers". */
async function onNode(): Promise<Map<string, string[]>> {
  const { node } = many;
  const theirs: string[] = [];
  for (const vmid of strangers) {
    const { name, memory, scsi0 } = await node.get<Record<string, unknown>>(node.node(`qemu/${vmid}/config`));
    theirs.push(JSON.stringify({ vmid, name, memory, scsi0 }));
  }
  return (await many.onNode()).set('strangers', theirs);
}

async function removeGuest(vmid: number): Promise<void> {
  const { node } = many;
  const there = await node.get<{ vmid: number }[]>(node.node('qemu'));
  if (!there.some((row) => row.vmid === vmid)) return;
  await node.wait(await node.post<string>(node.node(`qemu/${vmid}/status/stop`)));
  await node.wait(await node.delete<string>(node.node(`qemu/${vmid}`), { purge: 1 }));
}

/** Until nothing that the copy began runs any more: a Terraform whose cdktf was killed ends what it was doing. */
async function quiet({ copy }: SideLab): Promise<void> {
  for (let tries = 0; tries < 300 && copy.programs().length > 0; tries++) await sleep(200);
}

const operations: Record<string, (of: SideLab) => Promise<string>> = {
  async deploy(of) {
    const { code, output } = await many.begin(of, 'deploy').ended;
    if (strangers.has(of.vmid)) expect({ code, output }).not.toMatchObject({ code: 0 });
    return `exit code ${code}`;
  },
  async destroy(of) {
    return `exit code ${(await many.begin(of, 'destroy').ended).code}`;
  },
  async 'a killed deploy'(of) {
    const { child, ended } = many.begin(of, 'deploy');
    await sleep(1000 + random() * 6000);
    if (child.exitCode === null) process.kill(-Number(child.pid), 'SIGKILL');
    await ended;
    await quiet(of);
    return 'killed';
  },
  async 'a guest removed by hand'(of) {
    if (strangers.has(of.vmid)) return 'a stranger is there';
    await removeGuest(of.vmid);
    return 'done';
  },
  async 'a file removed by hand'(of) {
    const { node } = many;
    const has = (await many.onNode()).get(tagOf(of) ?? '') ?? [];
    const files = has.filter((one) => one.startsWith('file '));
    if (files.length === 0) return 'there is none';
    const volume = encodeURIComponent(oneOf(files, random).slice('file '.length));
    const upid = await node.delete<string | null>(node.node(`storage/local/content/${volume}`));
    if (upid) await node.wait(upid);
    return 'done';
  },
  async 'a bridge removed by hand'({ bridges }) {
    const { node } = many;
    const bridge = oneOf(bridges, random);
    const there = await node.get<{ iface: string }[]>(node.node('network'));
    if (!there.some(({ iface }) => iface === bridge)) return 'there is none';
    await node.delete(node.node(`network/${bridge}`));
    await node.wait(await node.put<string>(node.node('network')));
    return 'done';
  },
  async "a stranger's guest in its place"({ vmid }) {
    await removeGuest(vmid);
    strangers.add(vmid);
    const { node } = many;
    const form = { vmid, name: 'mail', tags: 'lab;wordpress', scsi0: 'local-lvm:1', memory: 512 };
    await node.wait(await node.post<string>(node.node('qemu'), form));
    return 'done';
  },
  async "a stranger's guest that goes"({ vmid }) {
    if (!strangers.delete(vmid)) return 'there is none';
    await removeGuest(vmid);
    return 'done';
  },
};

test(`${LABS} labs on one node, ${OPERATIONS} operations, SEED=${SEED}: what is of one is whole whatever befalls the others`, async () => {
  console.log(`SEED=${SEED}`);
  const log: string[] = [];
  try {
    for (let step = 0; step < OPERATIONS; step++) {
      const of = oneOf(labs, random);
      const name = step < LABS ? 'deploy' : oneOf(Object.keys(operations), random);
      const before = await onNode();
      const outcome = await operations[name]?.(of);
      log.push(`${of.vmid}: ${name}: ${outcome}`);
      const after = await onNode();
      const others = labs.filter((other) => other !== of).flatMap((other) => tagOf(other) ?? []);
      for (const tag of others) expect({ tag, has: after.get(tag) }).toEqual({ tag, has: before.get(tag) });
      if (!name.includes('stranger')) expect(after.get('strangers')).toEqual(before.get('strangers'));
    }
    for (const vmid of strangers) await removeGuest(vmid);
    strangers.clear();
    for (const of of labs) await many.succeeds(of, 'deploy');
    for (const of of shuffled(labs, random)) await many.succeeds(of, 'destroy');
    expect(await many.onNode()).toEqual(new Map());
  } catch (error) {
    throw new Error(`SEED=${SEED}\n${log.join('\n')}\n${(error as Error).message.slice(-6000)}`, {
      cause: error,
    });
  }
});
