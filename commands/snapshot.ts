/** `npm run snapshot`: snapshots of the lab's guests, of all or of one. */
import Table from 'cli-table3';
import { InputError, loadDeployedLab, loadTarget } from '../config';
import { readDeployedLab } from '../config/deployed-lab';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { LiveLine } from '../machine/live-line';
import { ApiClient } from '../proxmox/api-client';
import { GuestAgent } from '../proxmox/guest-agent';
import {
  guestsWithTag,
  type Snapshot,
  type SnapshotCost,
  type SnapshotGuest,
  Snapshots,
  setGuestClock,
  snapshotsOf,
} from '../proxmox/snapshots';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

type Action = 'take' | 'list' | 'rollback' | 'remove';

interface Flags {
  readonly memory: boolean;
  readonly description?: string;
  readonly start?: boolean;
  readonly json?: boolean;
}

const ACTIONS: readonly string[] = ['take', 'list', 'rollback', 'remove'] satisfies readonly Action[];

const command = commandLine({
  name: 'npm run snapshot --',
  description: 'Takes, lists, rolls back and removes snapshots of the guests of the lab that is deployed.',
  examples: [
    'npm run snapshot -- take warm                   all guests, VMs with their memory',
    'npm run snapshot -- take clean wordpress --no-memory',
    'npm run snapshot -- list',
    'npm run snapshot -- rollback warm               VMs go on where they were',
    'npm run snapshot -- rollback clean wordpress --start',
    `npm run --silent snapshot -- list --json | jq -r '.guests[].snapshots[].name'`,
    'npm run snapshot -- remove warm',
  ],
  notes:
    'Only guests with the identity of this lab are touched. A guest stands still at most as long as its agent did not\nanswer; of a container the local node says how long it was held.',
})
  .argument('<action>', ACTIONS.join(', '))
  .argument('[name]', 'of the snapshot; not for list')
  .argument('[guest]', 'of lab.yaml (default: all)')
  .option('--no-memory', 'take: the disks alone; a guest that is rolled back then has to boot')
  .option('--description <text>', 'take: what it is for')
  .option('--start', 'rollback: start guests whose memory was not kept')
  .option('--json', 'print the result as JSON');

/** What was done to one guest. */
type Done = SnapshotGuest & SnapshotCost & { readonly clockSet?: boolean };

void runCommand(async () => {
  const [action = '', first, second] = command.parse().args;
  const flags = command.opts<Flags>();
  if (!ACTIONS.includes(action)) throw new InputError(`${action}: one of ${ACTIONS.join(', ')}`);
  const [name, guestName] = action === 'list' ? [undefined, first] : [first, second];
  if (action !== 'list') requireName(name);
  const lab = loadDeployedLab();
  const tag = readDeployedLab().identity?.tag;
  if (tag === undefined) throw new InputError('no lab is deployed from here: npx cdktf deploy makes one');
  const client = new ApiClient(loadTarget(lab));
  try {
    const guests = chosen(await guestsWithTag(client, tag), guestName);
    const existing = new Map<number, readonly Snapshot[]>();
    for (const guest of guests) existing.set(guest.vmid, await snapshotsOf(client, guest));
    if (action === 'list') return list(guests, existing, flags);
    const work = new Work(client, name ?? '', flags, existing);
    const done: Done[] = [];
    for (const guest of work.concerned(action as Action, guests))
      done.push(await work.on(action as Action, guest));
    if (flags.json) console.log(JSON.stringify({ action, snapshot: name, guests: done }, null, 1));
    else console.log(costs(done));
    return EXIT.done;
  } finally {
    await client.close();
  }
});

/** Proxmox VE would say so as well, but only after some guests have their snapshot. */
function requireName(name: string | undefined): void {
  if (name === undefined) throw new InputError('the name of the snapshot is missing');
  if (!/^[a-z][\w-]{1,39}$/i.test(name))
    throw new InputError(`${name}: a letter, and then 1 to 39 letters, digits, "-" or "_"`);
  if (['current', 'pending', 'vzdump'].includes(name.toLowerCase()))
    throw new InputError(`${name}: no snapshot may have this name`);
}

function chosen(guests: readonly SnapshotGuest[], name: string | undefined): readonly SnapshotGuest[] {
  const found = name === undefined ? guests : guests.filter((guest) => guest.name === name);
  if (found.length > 0) return found;
  const there = guests.map((guest) => guest.name).join(', ') || 'none';
  throw new InputError(`the lab has no guest ${name ?? ''} on the node; there are: ${there}`);
}

class Work {
  private readonly line = new LiveLine(process.stderr);
  private readonly snapshots: Snapshots;

  constructor(
    private readonly client: ApiClient,
    private readonly name: string,
    private readonly flags: Flags,
    private readonly existing: ReadonlyMap<number, readonly Snapshot[]>,
  ) {
    this.snapshots = new Snapshots(client, (guest) =>
      guest.kind === 'vm' ? () => this.agent(guest).ping() : undefined,
    );
  }

  /** Of the guests those that the action is about. Throws InputError before any is touched. */
  concerned(action: Action, guests: readonly SnapshotGuest[]): readonly SnapshotGuest[] {
    const having = guests.filter((guest) => this.of(guest) !== undefined);
    const lacking = guests.filter((guest) => this.of(guest) === undefined);
    const names = (of: readonly SnapshotGuest[]) => of.map(({ name }) => name).join(', ');
    if (action === 'take' && having.length > 0)
      throw new InputError(`a snapshot ${this.name} is there already: ${names(having)}`);
    if (action === 'take') return guests;
    if (having.length === 0) throw new InputError(`no guest has a snapshot ${this.name}: ${names(guests)}`);
    // Half a lab of then and half of now is no state that it ever had.
    if (action === 'rollback' && lacking.length > 0)
      throw new InputError(`no snapshot ${this.name} of ${names(lacking)}; name one guest that has it`);
    return having;
  }

  async on(action: Action, guest: SnapshotGuest): Promise<Done> {
    const title = `${guest.name}: ${action} ${this.name}`;
    const cost = await this.line.show(title, this.cost(action, guest));
    this.line.say(`${title}, ${cost.seconds.toFixed(1)} s`);
    return { ...guest, ...cost };
  }

  private async cost(action: Action, guest: SnapshotGuest): Promise<SnapshotCost & { clockSet?: boolean }> {
    const { memory, description, start = false } = this.flags;
    if (action === 'take') return this.snapshots.take(guest, this.name, { memory, description });
    if (action === 'remove') return this.snapshots.remove(guest, this.name);
    const withMemory = this.of(guest)?.withMemory === true;
    const goesOn = withMemory || start;
    const cost = await this.snapshots.rollBack(guest, this.name, { start: start && !withMemory, goesOn });
    if (!withMemory) return cost;
    const set = setGuestClock(this.agent(guest), () => Date.now() / 1000);
    return { ...cost, clockSet: await set.then(() => true).catch(() => false) };
  }

  private of(guest: SnapshotGuest): Snapshot | undefined {
    return this.existing.get(guest.vmid)?.find(({ name }) => name === this.name);
  }

  private agent(guest: SnapshotGuest): GuestAgent {
    return new GuestAgent(this.client, guest);
  }
}

function list(
  guests: readonly SnapshotGuest[],
  existing: ReadonlyMap<number, readonly Snapshot[]>,
  { json }: Flags,
): ExitCode {
  const rows = guests.map((guest) => ({ ...guest, snapshots: existing.get(guest.vmid) ?? [] }));
  if (json) console.log(JSON.stringify({ action: 'list', guests: rows }, null, 1));
  else if (rows.every(({ snapshots }) => snapshots.length === 0)) console.log('There is no snapshot.');
  else {
    const table = plain(['guest', 'snapshot', 'taken', 'memory', 'after', 'description']);
    for (const { name, snapshots } of rows)
      for (const one of snapshots) {
        const taken = new Date(one.snaptime * 1000).toISOString().slice(0, 19).replace('T', ' ');
        table.push([name, one.name, taken, one.withMemory ? 'yes' : 'no', one.parent ?? '', one.description]);
      }
    console.log(table.toString());
  }
  return EXIT.done;
}

function costs(done: readonly Done[]): string {
  const table = plain(['guest', 'seconds', 'MiB', 'stood still, s']);
  for (const { name, seconds, bytes, stillSeconds } of done) {
    const size = bytes === null ? '–' : (bytes / 2 ** 20).toFixed(1);
    table.push([
      name,
      seconds.toFixed(2),
      size,
      stillSeconds === null ? '–' : `≤ ${stillSeconds.toFixed(2)}`,
    ]);
  }
  return table.toString();
}

function plain(head: string[]) {
  return new Table({ head, style: { head: [], border: [] } });
}
