/** `pct`, Proxmox VE's command line for containers: what of it the local node has. */
import { ApiError } from '../base/api-error';
import { textOf } from '../formats/option-values';
import { CONTAINER_IDS } from '../namespace/id-maps';
import type { LocalNode } from '../node';
import { CommandFailure, done, failed, type Outcome } from './outcome';
import { callRoute, knownOptions, type RouteCommand, runRoute } from './route-command';

type Row = Readonly<Record<string, string | number>>;
type Work = (node: LocalNode, args: readonly string[]) => Promise<Outcome> | Outcome;

const route = (
  method: RouteCommand['method'],
  path: string,
  positional: readonly string[] = ['vmid'],
  print?: RouteCommand['print'],
): RouteCommand => ({ method, path, positional, ...(print ? { print } : {}) });

/** Commands that are calls of the API. */
const ROUTES: Readonly<Record<string, RouteCommand>> = {
  clone: route('POST', 'lxc/{vmid}/clone', ['vmid', 'newid']),
  create: route('POST', 'lxc', ['vmid', 'ostemplate']),
  destroy: route('DELETE', 'lxc/{vmid}'),
  pending: route('GET', 'lxc/{vmid}/pending', ['vmid'], pendingText),
  resize: route('PUT', 'lxc/{vmid}/resize', ['vmid', 'disk', 'size']),
  template: route('POST', 'lxc/{vmid}/template'),
  set: route('PUT', 'lxc/{vmid}/config'),
  reboot: route('POST', 'lxc/{vmid}/status/reboot'),
  shutdown: route('POST', 'lxc/{vmid}/status/shutdown'),
  start: route('POST', 'lxc/{vmid}/status/start'),
  stop: route('POST', 'lxc/{vmid}/status/stop'),
};

/** Commands of this node's own. */
const OWN: Readonly<Record<string, Work>> = {
  list: async (node) => {
    const rows = (await callRoute(node, 'GET', 'lxc', {})) as readonly Row[];
    return done(rows.length === 0 ? '' : [HEAD, ...rows.map(listLine)].join(''));
  },
  config: async (node, [vmid = '']) => {
    loaded(node, vmid);
    const { digest: _, ...options } = (await callRoute(node, 'GET', 'lxc/{vmid}/config', { vmid })) as Row;
    return done(lines(options));
  },
  status: async (node, args) => {
    const [vmid = ''] = args.filter((arg) => !arg.startsWith('-'));
    const row = (await callRoute(node, 'GET', 'lxc/{vmid}/status/current', { vmid })) as Row;
    const { ha: _, ...shown } = row as Row & { ha?: unknown };
    return done(/--?verbose/.test(args.join(' ')) ? lines(shown) : `status: ${row.status}\n`);
  },
  exec: (node, args) => {
    const [id = '', ...rest] = args;
    const vmid = loaded(node, id);
    const argv = rest[0] === '--' ? rest.slice(1) : rest;
    if (argv.length === 0) return failed('missing command');
    running(node, vmid);
    return { exit: 0, further: { kind: 'exec', argv: node.guests.containers.engine.attach(vmid, argv) } };
  },
  push: (node, args) => copy(node, 'push', args),
  pull: (node, args) => copy(node, 'pull', args),
  mount: async (node, [id = '']) => {
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
  unmount: async (node, [id = '']) => {
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
  unlock: async (node, [id = '']) => {
    const vmid = loaded(node, id);
    const { containers } = node.guests;
    if (!containers.store.get(vmid).values.has('lock'))
      return failed('no lock found trying to remove any lock');
    await containers.changes.lock(vmid, undefined);
    return done();
  },
};

export const PCT_COMMANDS: readonly string[] = [...Object.keys(ROUTES), ...Object.keys(OWN)].sort();

/** Of these Proxmox VE reads the configuration before anything else, and says by its exit code that there is none. */
const LOADING = ['destroy'];

/** Runs `pct ARGS`. */
export async function pct(node: LocalNode, args: readonly string[]): Promise<Outcome> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help') {
    const text = name === undefined ? `ERROR: no command specified\n${USAGE}` : USAGE;
    return name === undefined ? failed(text) : done(`${USAGE}\n`);
  }
  try {
    const command = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
    if (command) {
      if (LOADING.includes(name)) loaded(node, rest[0] ?? '');
      const usage = `pct ${name} ${command.positional.map((one) => `<${one}>`).join(' ')} [OPTIONS]`;
      const unknown = unknownOption(rest, knownOptions(node, command));
      if (unknown !== undefined)
        return failed(`Unknown option: ${unknown}\n400 unable to parse option\n${usage}`);
      return await runRoute(node, command, rest, usage);
    }
    const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
    return own ? await own(node, rest) : failed(`ERROR: unknown command 'pct ${name}'\n${USAGE}`);
  } catch (fault) {
    if (fault instanceof CommandFailure) return fault.outcome;
    return failed(fault instanceof Error ? fault.message : String(fault));
  }
}

const USAGE = `USAGE: pct <COMMAND> [ARGS] [OPTIONS]\n\n${PCT_COMMANDS.map((name) => `       pct ${name}`).join('\n')}`;

const HEAD = listLine({ vmid: 'VMID', status: 'Status', lock: 'Lock', name: 'Name' });

function listLine({ vmid, status, lock = '', name }: Row): string {
  const columns = [[vmid, 10] as const, [status, 10] as const, [lock, 12] as const, [name, 20] as const];
  return `${columns.map(([text, width]) => String(text).padEnd(width)).join(' ')}\n`;
}

function lines(options: Row): string {
  const names = Object.keys(options).sort();
  return names.map((name) => `${name}: ${oneLine(options[name])}\n`).join('');
}

function oneLine(value: string | number | undefined): string {
  return String(value).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function pendingText(data: unknown): string {
  const rows = (data as readonly Readonly<Record<string, string | number | undefined>>[]).filter(
    ({ key }) => key !== 'digest',
  );
  const sorted = [...rows].sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
  return sorted
    .flatMap(({ key, value, pending, delete: gone }) => [
      ...(value === undefined ? [] : [`cur ${key}: ${oneLine(value)}\n`]),
      ...(pending === undefined ? [] : [`new ${key}: ${oneLine(pending)}\n`]),
      ...(gone === undefined ? [] : [`del ${key}\n`]),
    ])
    .join('');
}

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

function unknownOption(args: readonly string[], known: ReadonlySet<string>): string | undefined {
  return args.flatMap((arg) => /^--([a-z][\w-]*)/.exec(arg)?.[1] ?? []).find((name) => !known.has(name));
}
