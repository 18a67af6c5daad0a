/** `npm run orphans`: what labs have left on the node that Terraform's state here knows nothing of. */
import Table from 'cli-table3';
import { InputError, loadLab, loadTarget } from '../config';
import { readDeployedLab } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { removeLeftovers } from '../experiment/leftovers';
import { findOrphans, type OrphanedLab } from '../experiment/orphans';
import { EXIT } from '../machine/exit-codes';
import { askPerson } from '../machine/question';
import { ApiClient } from '../proxmox/api-client';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run orphans --',
  description:
    'Lists guests, files and bridges on the node that carry the identity of a lab which is not deployed from here, and removes those of one.',
  examples: [
    'npm run orphans',
    'npm run orphans -- --json',
    'npm run orphans -- --remove lab-0a1b2c3d',
    'npm run orphans -- --remove lab-0a1b2c3d --yes',
  ],
  notes:
    "A lab that is deployed from another directory or machine is listed too: it is nobody's only if you know it.",
})
  .option('--json', 'print what was found as JSON')
  .option('--remove <identity>', 'remove everything of this one, after its name has been typed')
  .option('--yes', 'do not ask for the name to be typed');

void runCommand(async () => {
  const options = command.parse().opts<{ json?: boolean; remove?: string; yes?: boolean }>();
  const lab = loadLab();
  const deployed = readDeployedLab().identity?.tag;
  if (options.remove !== undefined && options.remove === deployed) {
    throw new InputError(`${deployed} is deployed from here: npx cdktf destroy takes it away`);
  }
  const client = new ApiClient(loadTarget(lab));
  try {
    const orphans = await findOrphans(client, lab, deployed);
    if (options.remove !== undefined) {
      return await remove(client, lab, orphans, options.remove, options.yes === true);
    }
    console.log(options.json ? JSON.stringify(orphans, null, 2) : table(orphans));
    return EXIT.done;
  } finally {
    await client.close();
  }
});

async function remove(
  client: ApiClient,
  lab: Lab,
  orphans: readonly OrphanedLab[],
  tag: string,
  yes: boolean,
): Promise<number> {
  const orphan = orphans.find((candidate) => candidate.tag === tag);
  if (!orphan) {
    const known = orphans.map((candidate) => candidate.tag).join(', ') || 'none';
    throw new InputError(`nothing on the node is of ${tag}; labs that are not deployed from here: ${known}`);
  }
  console.log(table([orphan]));
  if (!yes && !(await typed(tag))) {
    console.log('Nothing was removed.');
    return EXIT.badInput;
  }
  const look = async () => (await findOrphans(client, lab, undefined)).find((one) => one.tag === tag)?.things;
  await removeLeftovers(client, orphan.things, async () => (await look()) ?? []);
  console.log(`Everything of ${tag} has been removed.`);
  return EXIT.done;
}

/** Whether a person types the name. False where nobody can. */
async function typed(tag: string): Promise<boolean> {
  const answer = await askPerson(`Type ${tag} to remove all of this: `);
  if (answer === undefined) console.log('Nobody is here to type its name: give --yes.');
  return answer === tag;
}

function table(orphans: readonly OrphanedLab[]): string {
  if (orphans.length === 0) return 'Nothing on the node is of a lab that is not deployed from here.';
  const rows = new Table({ head: ['lab', 'made', 'what'], style: { head: [], border: [] } });
  for (const { tag, madeAt, things } of orphans) {
    const made = madeAt === undefined ? 'unknown' : new Date(madeAt * 1000).toISOString().slice(0, 16);
    rows.push([tag, made.replace('T', ' '), things.map(({ description }) => description).join('\n')]);
  }
  return rows.toString();
}
