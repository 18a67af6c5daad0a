import { parseArgs } from 'node:util';
import { runCommand } from '../../commands/run-command';
import { applicationsRequired, loadLab, loadTarget, logDirectory } from '../../config';
import { ApiClient } from '../../proxmox/api-client';
import { guestAccess, ShellWhenNeeded } from '../../proxmox/guest-access-of';
import { GuestNotReadyError } from '../../proxmox/guest-not-ready';
import { waitUntilReady } from '../../proxmox/readiness';
import { readinessLine } from '../readiness-line';

const usage = `Waits until a guest's application answers; a deployment runs it for every guest.

  npx tsx stacks/hooks/wait-ready.ts --guest wordpress

Exit code 0: ready; 1: it will not be, and why.`;

void runCommand(async () => {
  const { values } = parseArgs({ options: { guest: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return console.log(usage);
  const lab = loadLab();
  const guest = lab.guests.find((candidate) => candidate.name === values.guest);
  if (!guest) {
    const known = lab.guests.map((candidate) => candidate.name).join(', ') || 'none';
    console.error(`--guest ${values.guest ?? '(missing)'} is no guest of lab.yaml; its guests: ${known}`);
    process.exitCode = 1;
    return;
  }
  const target = loadTarget(lab);
  const client = new ApiClient(target);
  const shell = new ShellWhenNeeded(target, lab, guest.node);
  try {
    const ready = await waitUntilReady(client, guest, {
      access: guestAccess(client, shell, guest),
      timeoutSeconds: lab.readinessSeconds,
      requireApplication: applicationsRequired(),
      evidence: logDirectory(),
      onProgress: (step, seconds) =>
        console.log(readinessLine({ guest: guest.name, seconds, text: `waiting for ${step}` })),
    });
    const text = ready.installed
      ? `ready, ${guest.role} ${ready.version ?? '(version unknown)'} answers`
      : `up, but ${guest.role} is not installed: ${ready.reason}`;
    console.log(readinessLine({ guest: guest.name, seconds: ready.seconds, text }));
  } catch (error) {
    if (!(error instanceof GuestNotReadyError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await shell.close();
    await client.close();
  }
});
