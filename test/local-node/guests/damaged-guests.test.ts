import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { callApi, startTestNode, type TestNode } from '../test-node';

let stateDir: string;
let lab: TestNode;
let logged: string[];

const file = (vmid: number) => join(stateDir, 'etc/pve/qemu-server', `${vmid}.conf`);
const copy = (vmid: number) => join(stateDir, 'etc/pve/qemu-server/.good', `${vmid}.conf`);
const images = (vmid: number) => join(stateDir, 'storage/local-lvm/images', String(vmid));

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'damaged-guests-'));
  logged = [];
  lab = await startTestNode({ stateDir });
  for (const vmid of ['100', '101']) {
    await task('POST', '/nodes/pve/qemu', { vmid, name: `guest-${vmid}`, scsi0: 'local-lvm:1' });
  }
});

afterEach(async () => {
  await lab.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The message of a refusal, or how the task ended. */
async function task(
  method: 'POST' | 'DELETE',
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<string> {
  const { status, reason, data } = await callApi(lab, method, path, form);
  if (status !== 200) return reason;
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus ?? '';
}

async function restart(damage: () => void): Promise<void> {
  await lab.close();
  damage();
  const logger = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  lab = await startTestNode({ stateDir, logger });
}

const half = (text: string) => text.slice(0, text.length / 2);

describe('a guest whose file is damaged', () => {
  test.each([
    ['half of it is left', half],
    ['nothing of it is left', () => ''],
    ['a block of it is nought', (text: string) => `${half(text)}${'\0'.repeat(64)}\n`],
    ['it holds nonsense', () => 'nonsense\n'],
  ])('has its last good configuration after a start when %s', async (_what, damaged) => {
    const whole = readFileSync(file(100), 'utf8');
    await restart(() => writeFileSync(file(100), damaged(whole)));
    expect(readFileSync(file(100), 'utf8')).toBe(whole);
    expect(readFileSync(`${file(100)}.damaged`, 'utf8')).toBe(damaged(whole));
    expect(logged.join('')).toContain(`${file(100)} is damaged`);
    expect(logged.join('')).not.toContain(file(101));
    const config = await callApi(lab, 'GET', '/nodes/pve/qemu/100/config');
    expect(config).toMatchObject({ status: 200, data: { name: 'guest-100' } });
  });

  test('that somebody changed by hand keeps the change', async () => {
    await restart(() => writeFileSync(file(100), 'name: by-hand\nscsi0: local-lvm:100/vm-100-disk-0.raw\n'));
    expect(lab.node.guests.store.get(100).values.get('name')).toBe('by-hand');
    expect(existsSync(`${file(100)}.damaged`)).toBe(false);
    const whole = readFileSync(file(100), 'utf8');
    await restart(() => writeFileSync(file(100), half(whole)));
    expect(readFileSync(file(100), 'utf8')).toBe(whole);
  });

  test('that somebody removed by hand does not come back, nor as another guest of its number', async () => {
    await restart(() => rmSync(file(100)));
    expect(lab.node.guests.store.vmids()).toEqual([101]);
    expect(lab.node.guests.store.reserve(100, 'create')).toBe(true);
    expect(existsSync(copy(100))).toBe(false);
  });

  test('that was destroyed leaves no copy', async () => {
    expect(existsSync(copy(100))).toBe(true);
    expect(await task('DELETE', '/nodes/pve/qemu/100')).toBe('OK');
    expect(existsSync(copy(100))).toBe(false);
  });
});

describe('a guest whose file cannot be read and has no good copy', () => {
  const damage = (vmid: number, text: string) => () => {
    rmSync(copy(vmid));
    writeFileSync(file(vmid), text);
  };

  test('is destroyed with all that bears its number, and nothing else', async () => {
    await callApi(lab, 'POST', '/pools', { poolid: 'p' });
    await callApi(lab, 'PUT', '/pools', { poolid: 'p', vms: '100,101' });
    await restart(damage(100, 'scsi0: local-lvm:101/vm-101-disk-0.raw\nnonsense'));
    writeFileSync(join(images(100), 'vm-100-disk-1.qcow2.partial'), 'half');
    expect(await task('DELETE', '/nodes/pve/qemu/100')).toBe('OK');

    expect(existsSync(images(100))).toBe(false);
    expect(readdirSync(images(101))).toEqual(['vm-101-disk-0.raw']);
    expect(lab.node.guests.store.vmids()).toEqual([101]);
    expect((await callApi(lab, 'GET', '/pools/p')).data).toMatchObject({ members: [{ vmid: 101 }] });
    expect(await task('POST', '/nodes/pve/qemu', { vmid: '100', scsi0: 'local-lvm:1' })).toBe('OK');
  });

  test('stays while it runs, while its file speaks of protection or a lock, and for who may not', async () => {
    const remove = () => task('DELETE', '/nodes/pve/qemu/100');
    await restart(damage(100, 'protection: 1\nnonsense'));
    expect(await remove()).toBe("can't remove VM 100 - protection mode enabled");
    writeFileSync(file(100), 'lock: backup\nnonsense');
    expect(await remove()).toBe('VM is locked (backup)');
    writeFileSync(file(100), 'name: x\n');
    expect(await task('POST', '/nodes/pve/qemu/100/status/start')).toBe('OK');
    writeFileSync(file(100), 'nonsense');
    expect(await remove()).toBe('VM 100 is running - destroy failed');
    expect(await task('POST', '/nodes/pve/qemu/100/status/stop')).toBe('OK');

    await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
    const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/own', { privsep: '0' });
    const ann = { authorization: `PVEAPIToken=ann@pve!own=${(made.data as { value: string }).value}` };
    expect((await callApi(lab, 'DELETE', '/nodes/pve/qemu/100', undefined, ann)).status).toBe(403);
    expect(readdirSync(images(100))).toEqual(['vm-100-disk-0.raw']);
    expect(await remove()).toBe('OK');
  });

  test('stays with all its disks while linked clones stand on one of them', async () => {
    await task('POST', '/nodes/pve/qemu/100/template');
    await task('POST', '/nodes/pve/qemu/100/clone', { newid: '102' });
    await restart(damage(100, 'nonsense'));
    const before = readdirSync(images(100));
    expect(await task('DELETE', '/nodes/pve/qemu/100')).toContain('linked clones: 102');
    expect(readdirSync(images(100))).toEqual(before);
    expect(await task('DELETE', '/nodes/pve/qemu/102')).toBe('OK');
    expect(await task('DELETE', '/nodes/pve/qemu/100')).toBe('OK');
  });
});
