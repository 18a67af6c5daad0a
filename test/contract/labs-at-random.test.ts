import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLab, loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import { findIdentified } from '../../experiment/leftovers';
import { seededRandom, shuffled } from '../../measure/run/random';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy } from '../e2e/lab-copy';
import { oneOf } from '../faults/random';

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

const labs = Array.from({ length: LABS }, (_, index) => {
  const copy = new LabCopy(18_406 + index, 18_506 + index);
  const file = join(copy.directory, 'lab.yaml');
  const text = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/name: (moodle|mediawiki),/.test(line))
    .join('\n')
    .replaceAll('vmid: 129', `vmid: ${1000 + index}`)
    .replaceAll('vmbr10', `vmbr${100 + index}`)
    .replaceAll('vmbr20', `vmbr${200 + index}`)
    .replaceAll('192.168.10.', `10.10.${index}.`)
    .replaceAll('192.168.20.', `10.20.${index}.`);
  writeFileSync(file, text);
  return { copy, vmid: 1000 + index, bridge: `vmbr${200 + index}` };
});
type SideLab = (typeof labs)[number];

const shared = { LAB_NODE_STATE: labs[0]?.copy.state };
const lab = loadLab(join(labs[0]?.copy.directory ?? '', 'lab.yaml'));
const strangers = new Set<number>();
let node: ApiClient;

beforeAll(async () => {
  const up = await labs[0]?.copy.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
  if (up?.code !== 0) throw new Error(up?.output);
  node = new ApiClient(loadTarget(lab, { ...process.env, ...shared, PROXMOX_VE_ENDPOINT: '' }));
});

afterAll(async () => {
  await node?.close();
  for (const { copy } of [...labs].reverse()) await copy.remove();
});

const begin = ({ copy }: SideLab, command: string) =>
  copy.npm(['exec', '--', 'cdktf', command, '--auto-approve'], shared);

const tagOf = ({ copy }: SideLab): string | undefined =>
  readDeployedLab(join(copy.directory, 'terraform.lab.tfstate')).identity?.tag;

/** What is on the node, by whose it is: a lab's tag, or "strangers". */
async function onNode(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>([['strangers', []]]);
  for (const { tag, kind, id } of await findIdentified(node, lab)) {
    found.set(tag, [...(found.get(tag) ?? []), `${kind} ${id}`].sort());
  }
  for (const vmid of strangers) {
    const { name, memory, scsi0 } = await node.get<Record<string, unknown>>(node.node(`qemu/${vmid}/config`));
    found.get('strangers')?.push(JSON.stringify({ vmid, name, memory, scsi0 }));
  }
  return found;
}

async function removeGuest(vmid: number): Promise<void> {
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
    const { code, output } = await begin(of, 'deploy').ended;
    if (strangers.has(of.vmid)) expect({ code, output }).not.toMatchObject({ code: 0 });
    return `exit code ${code}`;
  },
  async destroy(of) {
    return `exit code ${(await begin(of, 'destroy').ended).code}`;
  },
  async 'a killed deploy'(of) {
    const { child, ended } = begin(of, 'deploy');
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
    const tag = tagOf(of);
    const files = (await findIdentified(node, lab)).filter((one) => one.kind === 'file' && one.tag === tag);
    if (files.length === 0) return 'there is none';
    const volume = encodeURIComponent(oneOf(files, random).id);
    const upid = await node.delete<string | null>(node.node(`storage/local/content/${volume}`));
    if (upid) await node.wait(upid);
    return 'done';
  },
  async 'a bridge removed by hand'({ bridge }) {
    const there = await node.get<{ iface: string }[]>(node.node('network'));
    if (!there.some(({ iface }) => iface === bridge)) return 'there is none';
    await node.delete(node.node(`network/${bridge}`));
    await node.wait(await node.put<string>(node.node('network')));
    return 'done';
  },
  async "a stranger's guest in its place"({ vmid }) {
    await removeGuest(vmid);
    strangers.add(vmid);
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
    for (const of of labs) {
      const { code, output } = await begin(of, 'deploy').ended;
      expect({ vmid: of.vmid, code, output }).toMatchObject({ code: 0 });
    }
    for (const of of shuffled(labs, random)) {
      const { code, output } = await begin(of, 'destroy').ended;
      expect({ vmid: of.vmid, code, output }).toMatchObject({ code: 0 });
    }
    expect(await findIdentified(node, lab)).toEqual([]);
  } catch (error) {
    throw new Error(`SEED=${SEED}\n${log.join('\n')}\n${(error as Error).message.slice(-6000)}`, {
      cause: error,
    });
  }
});
