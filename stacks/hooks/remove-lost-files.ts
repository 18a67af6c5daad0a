/**
 * The last step of a destroy, before the lab's identity goes: removes the files that carry it and are still there. The
 * provider forgets a file where it cannot read the storage's list for a moment.
 */

import { parseArgs } from 'node:util';
import { runCommand } from '../../commands/run-command';
import { InputError, loadLab, loadTarget } from '../../config';
import { findFiles, removeLeftovers } from '../../experiment/leftovers';
import { ApiClient } from '../../proxmox/api-client';

const usage = `Removes the files of a lab that Terraform has lost; Terraform runs it.

  npx tsx stacks/hooks/remove-lost-files.ts --tag lab-0a1b2c3d`;

void runCommand(async () => {
  const { values } = parseArgs({ options: { tag: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return console.log(usage);
  if (!values.tag) throw new InputError(usage);
  const lab = loadLab();
  const client = new ApiClient(loadTarget(lab));
  const look = async () => (await findFiles(client, lab)).filter(({ tag }) => tag === values.tag);
  try {
    const files = await look();
    await removeLeftovers(client, files, look).catch(async (error: unknown) => {
      // What Terraform has asked for may have removed one in the meantime.
      if ((await look()).length > 0) throw error;
    });
    for (const { description } of files) console.log(`removed: ${description}, which Terraform had lost`);
  } finally {
    await client.close();
  }
});
