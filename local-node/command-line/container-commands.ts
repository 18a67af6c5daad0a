/** What `pct` does beyond the API: commands in a container, files into it and out, its root file system, its lock. */
import { ApiError } from '../base/api-error';
import { textOf } from '../formats/option-values';
import { CONTAINER_IDS } from '../namespace/id-maps';
import type { LocalNode } from '../node';
import { CommandFailure, done, failed, type Outcome } from './outcome';

type Work = (node: LocalNode, args: readonly string[]) => Promise<Outcome> | Outcome;

/** By program and name. */
export const containerCommands: Readonly<Record<string, Work>> = {
  'pct exec': (node, args) => {
    const [id = '', ...rest] = args;
    const vmid = loaded(node, id);
    const argv = rest[0] === '--' ? rest.slice(1) : rest;
    if (argv.length === 0) return failed('missing command');
    running(node, vmid);
    return { exit: 0, further: { kind: 'exec', argv: node.guests.containers.engine.attach(vmid, argv) } };
  },
  'pct push': (node, args) => copy(node, 'push', args),
  'pct pull': (node, args) => copy(node, 'pull', args),
  'pct mount': async (node, [id = '']) => {
    const vmid = loaded(node, id);
    const { containers, locks } = node.guests;
    return locks.exclusive(vmid, async () => {
      const lock = textOf(containers.store.get(vmid).values, 'lock');
      if (lock !== undefined) return failed(`CT is locked (${lock})`);
      const place = await containers.engine.mount(vmid, containers.rootPath(vmid));
      await containers.changes.lock(vmid, 'mounted');
      return done(`mounted CT ${vmid} in '${place}'\n`);
    });
  },
  'pct unmount': async (node, [id = '']) => {
    const vmid = loaded(node, id);
    const { containers, locks } = node.guests;
    return locks.exclusive(vmid, async () => {
      if (textOf(containers.store.get(vmid).values, 'lock') !== 'mounted')
        return failed("no lock found trying to remove 'mounted'  lock");
      await containers.engine.unmount(vmid);
      await containers.changes.lock(vmid, undefined);
      return done();
    });
  },
  'pct unlock': async (node, [id = '']) => {
    const vmid = loaded(node, id);
    const { containers } = node.guests;
    if (!containers.store.get(vmid).values.has('lock'))
      return failed('no lock found trying to remove any lock');
    await containers.changes.lock(vmid, undefined);
    return done();
  },
};

/** The vmid of a container that there is. Throws CommandFailure with exit code 2. */
function loaded(node: LocalNode, text: string): number {
  const vmid = Number(text);
  if (!/^\d{3,9}$/.test(text))
    throw new CommandFailure(failed('400 Parameter verification failed.\nvmid: invalid format'));
  try {
    node.guests.containers.store.get(vmid);
    return vmid;
  } catch (fault) {
    if (fault instanceof ApiError) throw new CommandFailure(failed(fault.message, 2));
    throw fault;
  }
}

function running(node: LocalNode, vmid: number): void {
  if (node.guests.containers.engine.isRunning(vmid)) return;
  throw new CommandFailure(failed(`Error: container '${vmid}' not running!`));
}

function copy(node: LocalNode, kind: 'push' | 'pull', args: readonly string[]): Promise<Outcome> {
  const options: Record<string, string> = {};
  const plain: string[] = [];
  let option: string | undefined;
  for (const argument of args) {
    if (option !== undefined) options[option] = argument;
    const name = option === undefined ? /^--?(perms|user|group)$/.exec(argument)?.[1] : undefined;
    if (option === undefined && name === undefined) plain.push(argument);
    option = name;
  }
  const [id = '', from = '', to = ''] = plain;
  const vmid = loaded(node, id);
  running(node, vmid);
  return sendFile(node, vmid, { kind, from, to, options });
}

async function sendFile(
  node: LocalNode,
  vmid: number,
  {
    kind,
    from,
    to,
    options,
  }: { kind: 'push' | 'pull'; from: string; to: string; options: Record<string, string> },
): Promise<Outcome> {
  const status = await node.guests.containers.engine.status(vmid);
  if (!status) return failed(`Error: container '${vmid}' not running!`);
  const first = kind === 'push' ? CONTAINER_IDS.first : 0;
  const owner = { uid: first + Number(options.user ?? 0), gid: first + Number(options.group ?? 0) };
  const mode = options.perms === undefined ? undefined : Number.parseInt(options.perms, 8);
  return { exit: 0, further: { kind, pid: status.pid, from, to, owner, mode } };
}
