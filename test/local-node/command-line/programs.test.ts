import { groupsOf } from '../../../local-node/command-line/command';
import { PRINTERS } from '../../../local-node/command-line/output/lists';
import { PROGRAMS, type Program } from '../../../local-node/command-line/programs';
import { runProgram } from '../../../local-node/command-line/run-command';
import { followTask } from '../../../local-node/command-line/task-outcome';
import { callFacts } from '../../../local-node/schema/call-schema';
import { startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
});

afterEach(() => lab.close());

async function run(line: string) {
  const [program = '', ...args] = line.split(' ');
  return runProgram(lab.node, program as Program, args);
}

const commands = (Object.keys(PROGRAMS) as Program[]).flatMap((program) => groupsOf(program).flat());

test('every command that is a call leads to one of Proxmox VE, with its arguments among the parameters', () => {
  const wrong = commands.flatMap(({ kind, program, name, methods, path, arguments: places, fixed }) => {
    // The schema names each command of the agent, and none of them by a placeholder.
    if (kind !== 'route' || path.endsWith('/agent/{command}')) return [];
    const facts = methods.map((method) => callFacts(method, path)).find(Boolean);
    const names = [...places.map((place) => place.name), ...Object.keys(fixed)];
    const missing = names.filter((one) => !Object.hasOwn(facts?.parameters ?? {}, one));
    return facts && missing.length === 0 ? [] : [`${program} ${name}: ${methods} ${path} ${missing}`];
  });
  expect(wrong).toEqual([]);
});

test('every command prints in a way that there is', () => {
  const ways = commands.map(({ print }) => print).filter((way) => way !== '' && way !== 'table');
  expect(ways.filter((way) => !Object.hasOwn(PRINTERS, way))).toEqual([]);
});

test('a virtual machine is made, started, listed, changed and removed by qm', async () => {
  expect(await run('qm create 100 --memory 512 --name web --scsi0 local-lvm:1')).toMatchObject({ exit: 0 });
  expect(await run('qm start 100')).toMatchObject({ exit: 0 });
  expect((await run('qm list')).stdout).toBe(
    [
      '      VMID NAME                 STATUS     MEM(MB)    BOOTDISK(GB) PID       \n',
      '       100 web                  running    512                1.00 1000000001\n',
    ].join(''),
  );
  expect((await run('qm status 100')).stdout).toBe('status: running\n');
  expect(await run('qm set 100 -memory=1024')).toMatchObject({ exit: 0 });
  expect((await run('qm pending 100')).stdout).toMatch(/^cur memory: 512\nnew memory: 1024$/m);
  expect((await run('qm config 100')).stdout).toMatch(/^name: web$/m);
  expect(await run('qm stop 100')).toMatchObject({ exit: 0 });
  expect(await run('qm destroy 100')).toMatchObject({ exit: 0 });
  expect((await run('qm list')).stdout).toBe('');
});

test.each([
  ['qm config 999', 2, "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist\n"],
  ['qm start', 255, '400 not enough arguments\nqm start <vmid> [OPTIONS]\n'],
  ['qm start 100 200', 255, '400 too many arguments\nqm start <vmid> [OPTIONS]\n'],
  [
    'qm set 999 --cores 0',
    255,
    '400 Parameter verification failed.\ncores: value must have a minimum value of 1\nqm set <vmid> [OPTIONS]\n',
  ],
  [
    'qm set 999 --cores',
    255,
    'Option cores requires an argument\n400 unable to parse option\nqm set <vmid> [OPTIONS]\n',
  ],
  ['pvesh get /nope', 255, "no 'get' handler for '/nope'\n"],
  ['pvesh get /nodes/pve/disks/list', 255, "Method 'GET /nodes/pve/disks/list' not implemented\n"],
  ['qm monitor 100', 255, 'qm monitor is not supported by the local node\n'],
])('%s ends with %i and its words', async (line, exit, stderr) => {
  expect(await run(line)).toMatchObject({ exit, stderr });
});

test('a list can be had as JSON, to be read by people or programs, as YAML and as a table', async () => {
  expect((await run('pvesh get /version --output-format json')).stdout).toBe(
    '{"release":"9.1","repoid":"local-node","version":"9.1.10"}\n',
  );
  expect((await run('pvesh get version --output-format=json-pretty')).stdout).toBe(
    '{\n   "release" : "9.1",\n   "repoid" : "local-node",\n   "version" : "9.1.10"\n}\n',
  );
  expect((await run('pvesh get /version --output-format yaml')).stdout).toMatch(/^version: 9\.1\.10$/m);
  const table = (await run('pvesh get /access/groups --noborder 1')).stdout;
  expect(table).toBe('');
  await run('pveum group add staff --comment two');
  await run('pveum group add guests');
  expect((await run('pveum group list')).stdout).toBe(
    [
      '┌─────────┬─────────┬───────┐',
      '│ groupid │ comment │ users │',
      '╞═════════╪═════════╪═══════╡',
      '│ guests  │         │       │',
      '├─────────┼─────────┼───────┤',
      '│ staff   │ two     │       │',
      '└─────────┴─────────┴───────┘',
      '',
    ].join('\n'),
  );
});

test('the command line and the API say the same of the node', async () => {
  const { stdout = '' } = await run('pvesh get /nodes/pve/status --output-format json');
  const status = JSON.parse(stdout) as Record<string, unknown>;
  expect(Object.keys(status)).toEqual([...Object.keys(status)].sort());
  expect(status).toMatchObject({ memory: { total: expect.any(Number) }, loadavg: expect.any(Array) });
});

test('paths can be looked around in', async () => {
  await run('qm create 100 --memory 512');
  expect((await run('pvesh ls /nodes/pve/qemu')).stdout).toBe('Dr--d        100\n');
  expect((await run('pvesh usage nodes/pve/qemu/100/status/start')).stdout).toBe(
    'USAGE: pvesh create /nodes/pve/qemu/100/status/start [OPTIONS]\n',
  );
});

test('a task is followed to its end, and its name is told by pvesh', async () => {
  await run('qm create 100 --memory 512');
  const { exit, stdout } = await run('pvesh create /nodes/pve/qemu/100/status/start');
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^UPID:pve:.*:qmstart:100:root@pam:\n$/m);
  expect((await run('pvenode task list')).stdout).toMatch(/│ qmstart +│ 100 │ root@pam/);
});

test('storages and volumes have the columns of Proxmox VE', async () => {
  await run('qm create 100 --memory 512 --scsi0 local-lvm:1');
  expect((await run('pvesm status')).stdout).toMatch(
    /^Name +Type +Status +Total \(KiB\) +Used \(KiB\) Available \(KiB\) +%\nlocal +dir +active +\d+ +\d+ +\d+ +[\d.]+%\n/,
  );
  expect((await run('pvesm list local-lvm')).stdout).toMatch(
    /^Volid +Format +Type +Size VMID\nlocal-lvm:100\/vm-100-disk-0\.raw raw +images +1073741824 100\n$/,
  );
  expect((await run('pvesm path local-lvm:100/vm-100-disk-0.raw')).stdout).toMatch(/vm-100-disk-0\.raw\n$/);
});

test('a lock of a virtual machine is taken away by hand', async () => {
  await run('qm create 100 --memory 512');
  await run('qm set 100 --lock backup');
  expect(await run('qm start 100')).toMatchObject({ exit: 255, stderr: 'VM is locked (backup)\n' });
  expect(await run('qm unlock 100')).toMatchObject({ exit: 0 });
  expect(await run('qm start 100')).toMatchObject({ exit: 0 });
});

test('an option may be cut short where no other begins so, and a list is given by several', async () => {
  await run('qm create 100 --memory 512 --onboot 1 --tags a');
  expect(await run('qm set 100 --delete onboot --delete tags')).toMatchObject({ exit: 0 });
  expect((await run('qm config 100')).stdout).not.toMatch(/^(onboot|tags):/m);
  expect((await run('qm status 100 --verb')).stdout).toMatch(/^vmid: 100$/m);
  expect((await run('qm set 100 --hot 1')).exit).toBe(0);
});

test('the log of a task is shown while it still runs, and not once more', async () => {
  const upid = lab.node.tasks.run('qmcreate', '100', { userId: 'root@pam' }, async ({ log }) => {
    log('first');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    log('second');
  });
  const shown: string[] = [];
  const outcome = await followTask(lab.node, upid, (text) => shown.push(text));
  expect(shown.join('')).toBe('first\n');
  expect(outcome).toEqual({ exit: 0, stdout: 'second\n' });
});
