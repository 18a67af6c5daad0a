import { execFileSync } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuestCgroups } from '../../../../local-node/engine/qemu/guest-cgroups';
import { cgroupFrom } from '../../../../local-node/node-environment';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cgroups-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

/** A directory that behaves as one of control groups: a new group has the files of its controllers. */
function withControllers(files: readonly string[]): GuestCgroups {
  const make = fs.mkdirSync;
  jest.spyOn(fs, 'mkdirSync').mockImplementation(((path: string) => {
    make(path);
    for (const file of files) writeFileSync(join(path, file), 'max');
  }) as typeof fs.mkdirSync);
  return new GuestCgroups(directory);
}

const limit = (name: string) => readFileSync(join(directory, 'pve-lab-100', name), 'utf8');

test("a guest's QEMU enters a group with limits before it runs", () => {
  const groups = withControllers(['cgroup.procs', 'pids.max', 'memory.max']);
  const argv = groups.enter(100, { memoryMiB: 512 }, ['echo', "it's", '$HOME']);
  expect(limit('pids.max')).toBe('256');
  expect(limit('memory.max')).toBe(String(2 * 1024 ** 3));
  const [program = '', ...args] = argv;
  expect(execFileSync(program, args, { encoding: 'utf8' })).toBe("it's $HOME\n");
  expect(limit('cgroup.procs')).toBe('0\n');
});

test('a limit whose controller is absent is left out', () => {
  const groups = withControllers(['cgroup.procs', 'pids.max']);
  groups.enter(100, { memoryMiB: 512 }, ['true']);
  expect(readdirSync(join(directory, 'pve-lab-100')).sort()).toEqual(['cgroup.procs', 'pids.max']);
});

test('the group of a guest that has ended goes, and none that is not there is missed', () => {
  const groups = withControllers([]);
  groups.enter(100, { memoryMiB: 512 }, ['true']);
  groups.enter(100, { memoryMiB: 512 }, ['true']);
  groups.leave(100);
  groups.leave(100);
  expect(existsSync(join(directory, 'pve-lab-100'))).toBe(false);
});

test('a directory that is no control group is refused by name, and none is fine', () => {
  expect(cgroupFrom({})).toBeUndefined();
  const LAB_NODE_CGROUP = join(directory, 'group');
  mkdirSync(LAB_NODE_CGROUP);
  expect(() => cgroupFrom({ LAB_NODE_CGROUP })).toThrow(`LAB_NODE_CGROUP is '${LAB_NODE_CGROUP}'`);
  writeFileSync(join(LAB_NODE_CGROUP, 'cgroup.procs'), '');
  expect(cgroupFrom({ LAB_NODE_CGROUP })).toBe(LAB_NODE_CGROUP);
});
