import { once } from 'node:events';
import type { RunningCommand, Shell } from '../../proxmox/node-shell';
import { NotReadyToMeasureError } from './preflight';

/**
 * Keeps a second run of the same lab off the node, whichever machine it comes from. The lock lives as long as the SSH
 * channel, so a killed run leaves none behind. Returns a function that releases it.
 */
export async function lockNode(shell: Shell, lab: string): Promise<() => Promise<void>> {
  const file = `/run/lock/pve-virtualization-lab.${lab}`;
  await shell.run(['mkdir', '-p', '/run/lock']);
  const held = await shell.start(['flock', '--nonblock', file, 'sh', '-c', 'echo locked; cat >/dev/null']);
  held.stdin.on('error', () => {});
  held.stderr.resume();
  if (!(await saysLocked(held))) {
    throw new NotReadyToMeasureError(
      `another run measures the lab "${lab}" on this node right now; wait for it or stop it`,
    );
  }
  return async () => {
    held.stdin.end();
    await held.ended;
  };
}

async function saysLocked(held: RunningCommand): Promise<boolean> {
  const said = once(held.stdout, 'data').then(() => true);
  const over = held.ended.then(() => false);
  return Promise.race([said, over]);
}
