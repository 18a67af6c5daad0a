/** `npm run backup`: backups of the lab's guests, now and back again. */
import Table from 'cli-table3';
import { InputError, loadDeployedLab, loadTarget } from '../config';
import { readDeployedLab } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { compressParameter, retentionOf } from '../config/lab-backup';
import { guestNamed } from '../config/lab-guest';
import { hasTag } from '../config/lab-identity';
import { NO_VMID } from '../config/vmids';
import { EXIT } from '../machine/exit-codes';
import { LiveLine } from '../machine/live-line';
import { askPerson } from '../machine/question';
import { ApiClient } from '../proxmox/api-client';
import {
  type BackupOptions,
  backUp,
  type GuestBackup,
  listBackups,
  requireNoneOfOthers,
  restoreGuest,
} from '../proxmox/guest-backups';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run backup --',
  description: "Backs the lab's guests up, lists their backups, and puts a guest back as one has it.",
  examples: [
    'npm run backup -- now',
    'npm run backup -- now wordpress --mode stop',
    'npm run backup -- list --json',
    'npm run backup -- restore wordpress',
    'npm run backup -- restore wordpress --from local:backup/vzdump-qemu-129-2026_11_28-02_00_00.vma.zst --yes',
  ],
  notes:
    'Storage, mode, compression and retention are those of `backup:` in lab.yaml unless they are given here.\nOnly guests and backups that carry the identity of this lab are touched or shown.',
});
command
  .command('now')
  .description('back guests up, all of them unless some are named')
  .argument('[guests...]', 'names of guests')
  .option('--storage <id>', 'storage for the backups')
  .option('--mode <mode>', 'snapshot, suspend or stop')
  .option('--json', 'print the new backups as JSON')
  .action(
    (names: string[], options: Options) => void runCommand(() => inLab((lab) => now(lab, names, options))),
  );
command
  .command('list')
  .description('list backups, the newest first')
  .argument('[guests...]', 'names of guests')
  .option('--storage <id>', 'storage of the backups')
  .option('--json', 'print them as JSON')
  .action(
    (names: string[], options: Options) => void runCommand(() => inLab((lab) => list(lab, names, options))),
  );
command
  .command('restore')
  .description('put a guest back as a backup has it; what it has now is lost')
  .argument('<guest>', 'name of the guest')
  .option('--from <volume>', 'the backup (default: the newest of the guest)')
  .option('--storage <id>', 'storage of the backups')
  .option('--yes', "do not ask for the guest's name to be typed")
  .action(
    (name: string, options: Options) => void runCommand(() => inLab((lab) => restore(lab, name, options))),
  );
command.parse();

interface Options {
  readonly storage?: string;
  readonly mode?: string;
  readonly from?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** The lab that is deployed from here, with a client of its node. */
interface LabAtHand {
  readonly lab: Lab;
  readonly tag: string;
  readonly client: ApiClient;
}

async function inLab(work: (lab: LabAtHand) => Promise<number>): Promise<number> {
  const lab = loadDeployedLab();
  const tag = readDeployedLab().identity?.tag;
  if (tag === undefined) throw new InputError('the lab is not deployed from here: npx cdktf deploy makes it');
  const client = new ApiClient(loadTarget(lab));
  try {
    return await work({ lab, tag, client });
  } finally {
    await client.close();
  }
}

/** The guests of these names, or all that are deployed. */
function chosen({ lab }: LabAtHand, names: readonly string[]): Lab['guests'] {
  const guests = names.length === 0 ? lab.guests : names.map((name) => guestNamed(lab, name));
  return guests.filter(({ vmid }) => vmid !== NO_VMID);
}

function storageOf({ lab }: LabAtHand, { storage }: Options): string {
  const known = storage ?? lab.backup?.storage;
  if (known === undefined)
    throw new InputError(
      'lab.yaml has no `backup:`; give the storage for backups with --storage, e.g. local',
    );
  return known;
}

const MODES = ['snapshot', 'suspend', 'stop'] as const;

function backupOptions(hand: LabAtHand, options: Options): BackupOptions {
  const { backup } = hand.lab;
  const mode = MODES.find((one) => one === (options.mode ?? backup?.mode ?? 'snapshot'));
  if (mode === undefined) throw new InputError(`--mode ${options.mode}: one of ${MODES.join(', ')}`);
  return {
    ...{ storage: storageOf(hand, options), mode },
    compress: compressParameter(backup ?? { compression: 'zstd' }),
    retention: backup && retentionOf(backup),
  };
}

/** Throws InputError where a guest's number is another's on the node, which would be overwritten or copied. */
async function requireOurs({ client, tag }: LabAtHand, guests: Lab['guests']): Promise<void> {
  const rows = await client.get<{ vmid: number; name?: string; tags?: string }[]>('cluster/resources', {
    type: 'vm',
  });
  for (const { vmid, name } of guests) {
    const row = rows.find((one) => one.vmid === vmid);
    if (row && !hasTag(row.tags, tag))
      throw new InputError(
        `${vmid} (${row.name}) on the node is not the lab's guest ${name}; it is left alone`,
      );
  }
}

async function now(hand: LabAtHand, names: readonly string[], options: Options): Promise<number> {
  const guests = chosen(hand, names);
  const how = backupOptions(hand, options);
  await requireOurs(hand, guests);
  if (how.retention) await requireNoneOfOthers(hand.client, guests, how.storage, hand.tag);
  const line = new LiveLine(process.stderr);
  const before = await listBackups(hand.client, guests, how.storage, hand.tag);
  const took = new Map<number, number>();
  for (const guest of guests) {
    const began = performance.now();
    const wait = line.waitFor(`backing up ${guest.name}`);
    try {
      await backUp(hand.client, guest, how, hand.tag, (share) => wait.reached(share));
    } finally {
      wait.end();
    }
    const seconds = (performance.now() - began) / 1000;
    took.set(guest.vmid, seconds);
    line.say(`${guest.name} is backed up (${Math.round(seconds)} s)`);
  }
  const known = new Set(before.map(({ volid }) => volid));
  const after = await listBackups(hand.client, guests, how.storage, hand.tag);
  const made = after
    .filter(({ volid }) => !known.has(volid))
    .map((backup) => ({ ...backup, seconds: took.get(backup.vmid) ?? Number.NaN }));
  print(made, options);
  return EXIT.done;
}

async function list(hand: LabAtHand, names: readonly string[], options: Options): Promise<number> {
  print(await listBackups(hand.client, chosen(hand, names), storageOf(hand, options), hand.tag), options);
  return EXIT.done;
}

async function restore(hand: LabAtHand, name: string, options: Options): Promise<number> {
  const guest = guestNamed(hand.lab, name);
  await requireOurs(hand, [guest]);
  const backups = await listBackups(hand.client, [guest], storageOf(hand, options), hand.tag);
  const backup =
    options.from === undefined ? backups[0] : backups.find(({ volid }) => volid === options.from);
  if (!backup) {
    const known = backups.map(({ volid }) => volid).join(', ') || 'none';
    throw new InputError(
      `${options.from ?? `a backup of ${name}`} is not there; backups of ${name}: ${known}`,
    );
  }
  if (
    options.yes !== true &&
    (await askPerson(`Type ${name} to put it back as of ${timeOf(backup)}: `)) !== name
  ) {
    console.log('Nothing was changed; without a terminal, give --yes.');
    return EXIT.badInput;
  }
  const line = new LiveLine(process.stderr);
  const wait = line.waitFor(`restoring ${name}`);
  try {
    await stop(hand, guest);
    await restoreGuest(hand.client, guest, backup.volid, (share) => wait.reached(share));
  } finally {
    wait.end();
  }
  console.log(`${name} is as of ${timeOf(backup)} again, and starts.`);
  return EXIT.done;
}

/** What it has is lost, so that it need not shut down. */
async function stop({ client }: LabAtHand, { vmid, kind, node }: Lab['guests'][number]): Promise<void> {
  const path = client.node(`${kind === 'container' ? 'lxc' : 'qemu'}/${vmid}/status`, node);
  const row = await client.get<{ status: string }>(`${path}/current`).catch(() => undefined);
  if (row?.status === 'running') await client.wait(await client.post<string>(`${path}/stop`));
}

function timeOf({ ctime }: GuestBackup): string {
  return new Date(ctime * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** `seconds`: from the request to the end of the task, of backups that were made just now. */
function print(backups: readonly (GuestBackup & { readonly seconds?: number })[], { json }: Options): void {
  if (json) console.log(JSON.stringify(backups, null, 1));
  else if (backups.length === 0) console.log('There are no backups of this lab there.');
  else {
    const timed = backups.some(({ seconds }) => seconds !== undefined);
    const head = ['guest', 'made (UTC)', 'MiB', ...(timed ? ['s', 'MiB/s'] : []), 'backup'];
    const rows = new Table({ head, style: { head: [], border: [] } });
    for (const backup of backups) {
      const mebibytes = backup.size / 1024 ** 2;
      const { seconds } = backup;
      const times = seconds === undefined ? [] : [seconds.toFixed(1), (mebibytes / seconds).toFixed(1)];
      rows.push([backup.guest, timeOf(backup), Math.round(mebibytes), ...times, backup.volid]);
    }
    console.log(rows.toString());
  }
}
