/** Which users and groups exist in the node's user namespace. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../../machine/command';

/** Where the users of unprivileged containers begin in the namespace, and how many they are, as on Proxmox VE. */
export const CONTAINER_IDS = { first: 100_000, count: 65_536 } as const;

/** First user and group outside that become CONTAINER_IDS.first inside. */
export interface IdRange {
  readonly uid: number;
  readonly gid: number;
}

/** Why containers can have no users of their own here; told where one is made. */
export const NO_IDS =
  'this user has no subordinate user and group ids; have the system give them (sudo usermod --add-subuids ' +
  '100000-165535 --add-subgids 100000-165535 NAME), install uidmap, and start the node anew';

/** Undefined where the user may have none: root that is not confined needs no permission, all others are given some. */
export function idRange(): IdRange | undefined {
  const { first, count } = CONTAINER_IDS;
  if (process.getuid?.() === 0) {
    const mapped = (kind: 'uid' | 'gid') =>
      idLines(`/proc/self/${kind}_map`).some(
        ([inside = 0, , length = 0]) => inside <= first && inside + length >= first + count,
      );
    return mapped('uid') && mapped('gid') ? { uid: first, gid: first } : undefined;
  }
  if (!['newuidmap', 'newgidmap'].every(isCommand)) return undefined;
  const uid = subordinate('/etc/subuid');
  const gid = subordinate('/etc/subgid');
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Gives a process that has just made its user namespace its users: root is who calls, and the containers' follow. */
export async function mapIds(pid: number, range: IdRange): Promise<void> {
  const { first, count } = CONTAINER_IDS;
  const maps = { uid: [0, process.getuid?.() ?? 0, 1], gid: [0, process.getgid?.() ?? 0, 1] };
  for (const kind of ['uid', 'gid'] as const) {
    const numbers = [...maps[kind], first, range[kind], count];
    if (process.getuid?.() === 0) {
      // In one piece: the kernel takes a map once.
      const lines = [numbers.slice(0, 3), numbers.slice(3)].map((line) => line.join(' '));
      writeFileSync(`/proc/${pid}/${kind}_map`, `${lines.join('\n')}\n`);
    } else await run([`new${kind}map`, String(pid), ...numbers.map(String)]);
  }
}

/** Removes a directory in which files of containers' users may lie, which an ordinary user cannot remove as such. */
export async function removeTree(path: string): Promise<void> {
  const owner =
    process.getuid?.() !== 0 && idRange() ? ['unshare', '--map-root-user', '--map-auto', '--'] : [];
  await run([...owner, 'rm', '-rf', path]);
}

function subordinate(file: string): number | undefined {
  const { username, uid } = userInfo();
  if (!existsSync(file)) return undefined;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [owner, start, length] = line.split(':');
    if ((owner === username || owner === String(uid)) && Number(length) >= CONTAINER_IDS.count) {
      return Number(start);
    }
  }
  return undefined;
}

function idLines(file: string): number[][] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
}

function isCommand(name: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'].some((path) =>
    existsSync(join(path, name)),
  );
}
