/** `npm run list`: the runs that are there, the newest first. */
import { resolve } from 'node:path';
import { EXIT } from '../machine/exit-codes';
import { runRow } from '../measure/analyse/run-list';
import { renderRunList } from '../measure/report/terminal/list-terminal';
import { listRuns } from '../measure/run/list-runs';
import { runCommand } from './run-command';
import { commandOnRuns } from './runs';

const command = commandOnRuns({
  name: 'npm run list --',
  description: 'Lists the runs that are kept: date, plan, target, repetitions, faults, size and state.',
  examples: [
    'npm run list',
    `npm run --silent list -- --json | jq -r '.[] | select(.state == "ended") | .run'`,
  ],
  notes:
    'n is of repetitions without a fault, of the level, application or guest that has the fewest and the most.\nIncomplete means: a run cannot be read, for the reason that stands below the table.',
}).option('--json', 'print the runs as JSON');

void runCommand(async () => {
  const { json, results } = command.parse().opts<{ json?: boolean; results: string }>();
  const directory = resolve(results);
  const rows = listRuns(directory).map(runRow);
  if (json) console.log(JSON.stringify(rows, null, 1));
  else if (rows.length === 0) console.log(`${directory}: there is no run yet; "npm run measure" makes one`);
  else console.log(renderRunList(rows));
  return rows.some(({ state }) => state === 'unreadable') ? EXIT.incomplete : EXIT.done;
});
