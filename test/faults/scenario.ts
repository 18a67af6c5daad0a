import type { Fault } from './fault-proxy';
import type { Ended, FaultyLab, Inventory } from './faulty-lab';

/** What Terraform is at when the fault comes. */
export const PHASES = ['create', 'change', 'destroy'] as const;
export type Phase = (typeof PHASES)[number];

/** One fault, at the `nth` request of a kind (from 1), and at those that follow if it stays. */
export interface Scenario {
  readonly phase: Phase;
  readonly call: string;
  readonly nth: number;
  readonly stays: boolean;
  readonly fault: Fault;
}

export const FAULTS: readonly Fault[] = [
  ...[401, 403, 429, 500, 595, 596].map((code): Fault => ({ kind: 'status', code, before: true })),
  // Proxmox VE gives these too where what was asked for has been done, or is being done.
  ...[500, 596].map((code): Fault => ({ kind: 'status', code, before: false })),
  { kind: 'hang', before: true },
  { kind: 'hang', before: false },
  { kind: 'close', before: true },
  { kind: 'close', before: false },
  { kind: 'cut' },
  { kind: 'slow' },
  ...(['terraform', 'node'] as const).flatMap((what): Fault[] => [
    { kind: 'kill', what, before: true },
    { kind: 'kill', what, before: false },
  ]),
];

/** They are a task's, and come in the answer that says how it ended. */
export const TASK_FAULTS: readonly Fault[] = [
  { kind: 'task', exitStatus: 'WARNINGS: 1' },
  { kind: 'task', exitStatus: 'injected error' },
];
export const TASK_STATUS = 'GET /nodes/pve/tasks/UPID/status';

export function describeScenario({ phase, call, nth, stays, fault }: Scenario): string {
  const { kind, ...rest } = fault;
  const how = Object.entries(rest)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return `${phase}: ${kind}${how ? ` (${how})` : ''} at ${call} number ${nth}${stays ? ' and after' : ''}`;
}

const NOTHING: Inventory = {
  guests: ['900 foreign stopped 64'],
  bridges: ['vmbr99'],
  files: [],
  disks: ['local-lvm:900/vm-900-disk-0.raw'],
};

const whole = (memoryMiB: number): Inventory => ({
  guests: [...[`200 guest-0 running ${memoryMiB}`, `201 guest-1 running ${memoryMiB}`], ...NOTHING.guests],
  bridges: ['vmbr10', 'vmbr99'],
  files: [
    'local:import/downloaded.qcow2',
    'local:import/uploaded.qcow2',
    'local:snippets/guest-0.yaml',
    'local:snippets/guest-1.yaml',
  ],
  disks: [
    ...[200, 201].flatMap((vmid) => [
      `local-lvm:${vmid}/vm-${vmid}-cloudinit.qcow2`,
      `local-lvm:${vmid}/vm-${vmid}-disk-0.qcow2`,
    ]),
    ...NOTHING.disks,
  ],
});

const MEMORY = { create: 512, change: 768, destroy: 768 };

/** Brings the lab to where the phase begins: nothing, the lab, or the changed lab. */
export async function prepare(lab: FaultyLab, phase: Phase): Promise<void> {
  lab.proxy.choose = () => undefined;
  if (phase === 'create') await must(lab, phase, 'destroy');
  else await must(lab, phase === 'change' ? 'create' : 'change', 'apply');
}

/** Runs the phase with the fault, and again without. Returns what is wrong after that, in lines; none if all is well. */
export async function play(lab: FaultyLab, scenario: Scenario): Promise<readonly string[]> {
  const { phase } = scenario;
  const before = phase === 'change' ? await lab.identities() : [];
  const met = meet(lab, scenario);
  const faulty = await run(lab, phase);
  lab.proxy.choose = () => undefined;
  const again = await runAgain(lab, scenario, faulty);
  const wrong: string[] = [];
  if (again.code !== 0) wrong.push(`the run after it failed (${again.code}): ${errors(again)}`);
  const wanted = phase === 'destroy' ? NOTHING : whole(MEMORY[phase]);
  const found = await lab.inventory();
  for (const key of ['guests', 'bridges', 'files', 'disks'] as const) {
    if (JSON.stringify(found[key]) !== JSON.stringify(wanted[key])) {
      wrong.push(`${key}: ${found[key].join(', ')} instead of ${wanted[key].join(', ')}`);
    }
  }
  if (phase === 'change' && `${await lab.identities()}` !== `${before}`) wrong.push('a guest was made again');
  if (again.code === 0 && phase !== 'destroy') {
    const plan = await lab.terraform(['plan', '-detailed-exitcode']);
    if (plan.code !== 0) wrong.push(`the plan after it is not empty: ${plan.output.slice(0, 1500)}`);
  }
  if (wrong.length > 0) wrong.push(`with the fault${met() ? '' : ', which never came'}: ${errors(faulty)}`);
  return wrong;
}

/** What the provider leaves to the user after a fault, as the how-to of a Proxmox VE node says. */
async function runAgain(lab: FaultyLab, { phase, call, fault }: Scenario, faulty: Ended): Promise<Ended> {
  const again = await run(lab, phase);
  if (phase === 'create' && BRIDGE_IS_THERE.test(plain(again))) {
    await lab.remove('network/vmbr10');
    return run(lab, phase);
  }
  if (phase === 'create' && FILE_IS_THERE.test(plain(again))) return run(lab, phase);
  if (phase === 'destroy' && STOPPED_WITH_WARNINGS.test(plain(faulty))) {
    for (const vmid of [200, 201]) await lab.remove(`qemu/${vmid}`);
  }
  // It does not wait until the task that removes a file has ended, which a killed node leaves undone.
  if (phase === 'destroy' && fault.kind === 'kill' && fault.what === 'node') {
    for (const volid of whole(0).files) await lab.remove(`storage/local/content/${volid}`);
  }
  // It takes a list that it cannot read for one without its file, and forgets that; a lab's destroy looks once more.
  if (phase === 'destroy' && call === FILE_LIST) {
    for (const volid of whole(0).files) await lab.remove(`storage/local/content/${volid}`);
  }
  return again;
}

const FILE_LIST = 'GET /nodes/pve/storage/local/content';

/** It takes over none: one whose making got through, and the answer not, is in the way until somebody removes it. */
const BRIDGE_IS_THERE = /"vmbr10" for node "pve": the requested resource already exists/;
/** Such a file it removes, and then does not wait until it has gone. */
const FILE_IS_THERE = /File already exists in the datastore/;
/** It forgets a guest whose stopping ended with a warning, and does not remove it. */
const STOPPED_WITH_WARNINGS = /VM stop task "UPID[^"]*" completed with warnings/;

function meet(lab: FaultyLab, { call, nth, stays, fault }: Scenario): () => boolean {
  let count = 0;
  let met = false;
  lab.proxy.choose = (one) => {
    if (one !== call) return undefined;
    count += 1;
    if (stays ? count < nth : count !== nth) return undefined;
    met = true;
    return fault;
  };
  return () => met;
}

function run(lab: FaultyLab, phase: Phase): Promise<Ended> {
  return lab.terraform([phase === 'destroy' ? 'destroy' : 'apply', '-auto-approve'], {
    memoryMiB: MEMORY[phase],
  });
}

async function must(lab: FaultyLab, phase: Phase, command: 'apply' | 'destroy'): Promise<void> {
  const ended = await lab.terraform([command, '-auto-approve'], { memoryMiB: MEMORY[phase] });
  if (ended.code !== 0) throw new Error(`without any fault: ${ended.output}`);
}

/** Terraform's words without its frames and line breaks. */
function plain({ output }: Ended): string {
  return output.replace(/[╷│╵\s]+/g, ' ');
}

/** Its errors, else what it said last. */
function errors(ended: Ended): string {
  const words = plain(ended);
  const from = words.indexOf('Error:');
  return `exit code ${ended.code}: ${from < 0 ? words.slice(-300) : words.slice(from, from + 1200)}`;
}

/** Which requests a phase makes, and how often each, without any fault. */
export async function callsOf(lab: FaultyLab, phase: Phase): Promise<ReadonlyMap<string, number>> {
  await prepare(lab, phase);
  const calls = new Map<string, number>();
  lab.proxy.choose = (call) => {
    calls.set(call, (calls.get(call) ?? 0) + 1);
    return undefined;
  };
  const ended = await run(lab, phase);
  if (ended.code !== 0) throw new Error(`without any fault: ${ended.output}`);
  return calls;
}
