import type { Shell } from '../../../proxmox/node-shell';
import type { TerminalSample } from '../../run/raw-data';
import { type NodeStatus, nodeSample } from './api-sample';

/** Longest wait for the command, s: on a node that is busy it takes some. */
const limitSeconds = 30;
/** Prints the status; the second line of `times` is what the shell's commands have used. */
const script = 'pvesh get "$1" --output-format json && times >&2';

/**
 * What somebody sees who types `pvesh get` in a terminal of the node. It starts a program, which on Proxmox VE takes a
 * second or two of a CPU: to be called outside of what is measured. Null where the command is not there or fails.
 */
export async function readTerminal(
  shell: Pick<Shell, 'run'>,
  path: string,
  now: () => number,
): Promise<TerminalSample | null> {
  const time = now();
  const begin = performance.now();
  const options = { allowFailure: true, timeoutSeconds: limitSeconds };
  const result = await shell.run(['sh', '-c', script, 'sh', path], options).catch(() => undefined);
  const seconds = (performance.now() - begin) / 1000;
  const status = result?.code === 0 ? parsed(result.stdout) : undefined;
  return status === undefined
    ? null
    : { ...nodeSample(time, status), seconds, cpuSeconds: cpuSecondsOf(result?.stderr ?? '') };
}

function parsed(text: string): NodeStatus | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value instanceof Object ? (value as NodeStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** `times` of POSIX: "0m0.01s 0m0.00s" for the shell, then user and system time of its children. */
function cpuSecondsOf(text: string): number | null {
  const lines = [...text.matchAll(/^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/gm)];
  const [, userMinutes, user, systemMinutes, system] = lines[1] ?? [];
  if (user === undefined) return null;
  return 60 * (Number(userMinutes) + Number(systemMinutes)) + Number(user) + Number(system);
}
