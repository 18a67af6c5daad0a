import { once } from 'node:events';
import type { RunningCommand, Shell } from '../../proxmox/node-shell';
import { NotReadyToMeasureError } from './preflight';

/** A run that is not heard of for so long holds no lock any more: its connection is lost, though the node may not know. */
const silenceSeconds = 60;

/**
 * Keeps a second run of the same lab off the node, whichever machine it comes from. The lock lives as long as the SSH
 * channel, so a killed run leaves none behind; one that is lost with its connection is taken again at once. `onLost` hears
 * why that failed. Returns a function that releases it.
 */
export async function lockNode(
  shell: Shell,
  lab: string,
  onLost: (error: Error) => void,
): Promise<() => Promise<void>> {
  let released = false;
  await shell.run(['mkdir', '-p', '/run/lock']);
  let held = await takeLock(shell, lab, ['--nonblock']);
  const keep = () => {
    void held.ended.then(async () => {
      if (released) return;
      try {
        // The node may not have noticed yet that the connection is gone, and hold the lock for it.
        held = await takeLock(shell, lab, ['--timeout', String(2 * silenceSeconds)]);
        keep();
      } catch (error) {
        if (!released) onLost(error instanceof Error ? error : new Error(String(error)));
      }
    });
  };
  keep();
  const beat = setInterval(() => held.stdin.write('\n'), (silenceSeconds / 4) * 1000).unref();
  return async () => {
    released = true;
    clearInterval(beat);
    held.stdin.end();
    await held.ended;
  };
}

async function takeLock(shell: Shell, lab: string, patience: readonly string[]): Promise<RunningCommand> {
  const file = `/run/lock/pve-virtualization-lab.${lab}`;
  const wait = `echo locked; while read -r -t ${silenceSeconds} _; do :; done`;
  const held = await shell.start(['flock', ...patience, file, 'bash', '-c', wait]);
  held.stdin.on('error', () => {});
  held.stderr.resume();
  const isLocked = await saysLocked(held);
  held.stdout.resume(); // Read on, or its end would never be seen.
  if (isLocked) return held;
  throw new NotReadyToMeasureError(
    `another run measures the lab "${lab}" on this node right now; wait for it or stop it`,
  );
}

async function saysLocked(held: RunningCommand): Promise<boolean> {
  const said = once(held.stdout, 'data').then(() => true);
  const over = held.ended.then(() => false);
  return Promise.race([said, over]);
}
