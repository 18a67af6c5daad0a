import { setTimeout as wait } from 'node:timers/promises';
import type { LocalNode } from '../node';
import { readArguments } from './arguments';
import { call, segmentsOf } from './call';
import type { Argument } from './command';
import { CommandFailure, done, failed, type Outcome } from './outcome';
import { prettyJson } from './output/json';

const USAGE = 'qm guest exec <vmid> [<extra-args>] [OPTIONS]';
const ARGUMENTS: readonly Argument[] = [{ name: 'vmid', optional: false, rest: false }];
const OPTIONS = {
  'pass-stdin': { type: 'boolean', optional: 1 },
  synchronous: { type: 'boolean', optional: 1 },
  timeout: { type: 'integer', optional: 1, minimum: 0 },
} as const;
/** Seconds that a command in the guest has, unless told otherwise. */
const TIMEOUT = 30;

/** Runs a command in a virtual machine by its agent, and prints what became of it. */
export async function guestExec(node: LocalNode, words: readonly string[]): Promise<Outcome> {
  const end = words.indexOf('--');
  const before = end < 0 ? words.slice(0, 1) : words.slice(0, end);
  const command = end < 0 ? words.slice(1) : words.slice(end + 1);
  if (command.length === 0) throw new CommandFailure(failed(`No command specified\n${USAGE}`));
  const { vmid = '', timeout, synchronous } = readArguments(before, ARGUMENTS, OPTIONS, USAGE);
  const at = (path: string) => segmentsOf(node, `/nodes/{node}/qemu/{vmid}/agent/${path}`, { vmid });
  const { data: started } = await call(node, ['POST'], at('exec'), { command });
  const { pid } = started as { readonly pid: number };
  if (synchronous === '0') return done(`${prettyJson({ pid })}\n`);
  const deadline = performance.now() + Number(timeout ?? TIMEOUT) * 1000;
  for (;;) {
    const { data } = await call(node, ['GET'], at('exec-status'), { pid: String(pid) });
    const state = data as { readonly exited?: boolean | number };
    if (state.exited) return done(`${prettyJson(state)}\n`);
    if (Number(timeout) !== 0 && performance.now() > deadline) {
      const shown = prettyJson({ ...state, pid });
      return { ...failed('timeout reached, returning pid', 0), stdout: `${shown}\n` };
    }
    await wait(1000);
  }
}
