import { parseArgs } from 'node:util';
import { runCommand } from '../../commands/run-command';
import { loadTarget } from '../../config';
import { ApiClient } from '../../proxmox/api-client';

const usage = `Lets storages of the node accept further types of content; what they accept already stays.

  npx tsx stacks/hooks/allow-storage-content.ts local --content=snippets --content=import`;

void runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: { content: { type: 'string', multiple: true }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) return console.log(usage);
  const wanted = values.content ?? [];
  const client = new ApiClient(loadTarget());
  try {
    for (const storage of positionals) {
      const path = `storage/${encodeURIComponent(storage)}`;
      const { content } = await client.get<{ content?: string }>(path);
      const accepted = (content ?? '').split(',').filter(Boolean);
      const missing = wanted.filter((type) => !accepted.includes(type));
      if (missing.length === 0) continue;
      await client.put(path, { content: [...accepted, ...missing].join(',') });
      console.log(`storage ${storage} now accepts ${missing.join(', ')} too`);
    }
  } finally {
    await client.close();
  }
});
