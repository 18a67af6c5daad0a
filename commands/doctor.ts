/** `npm run doctor`: what is there, what is missing, what to do about it. */
import Table from 'cli-table3';
import { EXIT } from '../machine/exit-codes';
import type { Finding } from '../proxmox/checks/finding';
import { examine } from '../setup/examine';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run doctor --',
  description: 'Says what is there, what is missing and what to do about it. Changes nothing.',
  examples: ['npm run doctor', 'npm run doctor -- --json'],
}).option('--json', 'for programs');

void runCommand(async () => {
  const { json } = command.parse().opts<{ json?: boolean }>();
  const findings = await examine();
  console.log(json ? JSON.stringify(findings, null, 2) : render(findings));
  return findings.some(({ state }) => state === 'fault') ? EXIT.missing : EXIT.done;
});

function render(findings: readonly Finding[]): string {
  const table = new Table({
    head: ['', 'what', 'found', 'what to do'],
    style: { head: [], border: [] },
    colWidths: [9, 34, 50, 50],
    wordWrap: true,
  });
  for (const { state, subject, found, remedy } of findings) table.push([state, subject, found, remedy ?? '']);
  return table.toString();
}
