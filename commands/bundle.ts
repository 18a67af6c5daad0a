/** `npm run bundle`: a run as one file that others can check, read and cite. */
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { environment } from '../config';
import { readConnection } from '../config/load-target';
import { secretsOf } from '../machine/command';
import { authorOf, licenceNames, licenceOf } from '../measure/bundle/publication';
import { writeBundle } from '../measure/bundle/write-bundle';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run bundle --',
  description:
    'Writes a run as a research object (RO-Crate 1.1, zip): raw data, results, report, metadata and checksums.',
  examples: [
    'npm run bundle -- 2026-11-23-143000',
    'npm run bundle -- 2026-11-23-143000 --license CC-BY-4.0 --author "Ada Lovelace <https://orcid.org/0000-0001-2345-6789>"',
    'npm run report -- results/2026-11-23-143000.zip    checks it and draws the report again, on any machine',
  ],
  notes:
    'A bundle tells the node’s name, hardware and kernel, the lab’s addresses, and the first 128 bytes of each packet\n(docs/how-to/publish-a-run.md). It is refused where a file holds a key or token.',
})
  .argument('[run]', 'name of a run under results/, or its path (default: the newest)')
  .option('--output <file>', 'where it is written (default: beside the run, RUN.zip)')
  .option('--license <licence>', `under which others may use it: ${licenceNames.join(', ')}, or an address`)
  .option(
    '--author <name>',
    'who made it, "Name <https://orcid.org/...>"; several times for several',
    collect,
  );

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

void runCommand(async () => {
  const { output, license, author } = command.parse().opts<{
    readonly output?: string;
    readonly license?: string;
    readonly author?: readonly string[];
  }>();
  const publication = { licence: licenceOf(license), authors: (author ?? []).map(authorOf) };
  const directory = runAt(command, command.args[0]);
  const file = output === undefined ? `${directory}.zip` : resolve(output);
  const { files, bytes, packedBytes, sha256, others } = await writeBundle(
    directory,
    file,
    publication,
    secrets(),
  );
  const shown = relative(process.cwd(), file);
  console.log(`${shown}: ${files} files, ${mebibytes(bytes)} MiB packed to ${mebibytes(packedBytes)} MiB`);
  console.log(`SHA-256 ${sha256}`);
  for (const path of others) console.log(`left out, as no file of a run: ${path}`);
  if (publication.licence === null) console.log('no licence: nobody may use it (--license CC-BY-4.0)');
  if (publication.authors.length === 0) console.log('no author (--author NAME)');
  console.log(`\nTo check it and draw the report again, here or elsewhere:\n  npm run report -- ${shown}`);
});

/** What this machine acts on nodes with. */
function secrets(): readonly string[] {
  const connection = readConnection(environment);
  const token = connection && readFileSync(connection.tokenFile, 'utf8').trim();
  return [...secretsOf(environment), ...(token ? [token] : [])].flatMap((value) => [
    value,
    ...(value.includes('!') ? [value.slice(value.indexOf('=') + 1)] : []),
  ]);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
