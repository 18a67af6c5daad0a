import { parseArgs } from 'node:util';
import { runCommand } from '../../commands/run-command';
import { loadTarget } from '../../config';
import { ApiClient } from '../../proxmox/api-client';
import { allowContent } from '../../proxmox/storage-content';

const usage = `Lets storages of the node accept further types of content; what they accept already stays.

  npx tsx stacks/hooks/allow-storage-content.ts local --content=snippets --content=import
  npx tsx stacks/hooks/allow-storage-content.ts --node=pve2 local --content=import   of another node of the cluster`;

void runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: {
      content: { type: 'string', multiple: true },
      node: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(usage);
  const client = new ApiClient(loadTarget());
  try {
    for (const storage of positionals) {
      const added = await allowContent(client, storage, values.content ?? [], values.node);
      if (added.length > 0) console.log(`storage ${storage} now accepts ${added.join(', ')} too`);
    }
  } finally {
    await client.close();
  }
});
