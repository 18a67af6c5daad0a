/** Each write, open and rename of the node fails once: on a full disk, a read-only one, a broken one, without handles. */
import crypto from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyDisk } from './faulty-disk';
import { type ApiAnswer, callApi, startTestNode, type TestNode } from './test-node';

const CODES = ['ENOSPC', 'EROFS', 'EIO', 'EMFILE'] as const;
type Call = readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string, Record<string, string>?];

/** What is done, and what takes it back. */
const STEPS: readonly { readonly name: string; readonly call: Call; readonly back: readonly Call[] }[] = [
  {
    name: 'a guest',
    call: [
      'POST',
      '/nodes/pve/qemu',
      { vmid: '100', name: 'one', scsi0: 'local-lvm:1', ide2: 'local-lvm:cloudinit' },
    ],
    back: [['DELETE', '/nodes/pve/qemu/100']],
  },
  {
    name: 'a clone',
    call: ['POST', '/nodes/pve/qemu/900/clone', { newid: '101', full: '1' }],
    back: [['DELETE', '/nodes/pve/qemu/101']],
  },
  {
    name: "a guest's options",
    call: ['PUT', '/nodes/pve/qemu/900/config', { description: 'new' }],
    back: [['PUT', '/nodes/pve/qemu/900/config', { description: 'old' }]],
  },
  {
    name: "a guest's disk",
    call: ['PUT', '/nodes/pve/qemu/900/config', { scsi1: 'local-lvm:1' }],
    back: [
      ['PUT', '/nodes/pve/qemu/900/config', { delete: 'scsi1' }],
      ['PUT', '/nodes/pve/qemu/900/config', { delete: 'unused0' }],
    ],
  },
  {
    name: 'a start',
    call: ['POST', '/nodes/pve/qemu/900/status/start'],
    back: [['POST', '/nodes/pve/qemu/900/status/stop']],
  },
  {
    name: 'a snapshot',
    call: ['POST', '/nodes/pve/qemu/901/snapshot', { snapname: 'one' }],
    back: [['DELETE', '/nodes/pve/qemu/901/snapshot/one']],
  },
  {
    name: 'a user',
    call: ['POST', '/access/users', { userid: 'ann@pve', password: 'a long password' }],
    back: [['DELETE', '/access/users/ann@pve']],
  },
  {
    name: 'a token',
    call: ['POST', '/access/users/root@pam/token/lab2'],
    back: [['DELETE', '/access/users/root@pam/token/lab2']],
  },
  { name: 'a pool', call: ['POST', '/pools', { poolid: 'pool' }], back: [['DELETE', '/pools/pool']] },
  {
    name: 'a bridge',
    call: ['POST', '/nodes/pve/network', { iface: 'vmbr7', type: 'bridge' }],
    back: [['DELETE', '/nodes/pve/network']],
  },
  { name: 'a network', call: ['PUT', '/nodes/pve/network'], back: [] },
  {
    name: 'a storage',
    call: ['PUT', '/storage/local', { content: 'iso,import,snippets' }],
    back: [['PUT', '/storage/local', { content: 'iso,import' }]],
  },
  {
    name: 'a name server',
    call: ['PUT', '/nodes/pve/dns', { search: 'lab', dns1: '192.0.2.2' }],
    back: [['PUT', '/nodes/pve/dns', { search: 'lab', dns1: '192.0.2.1' }]],
  },
];

const SHOWN = [
  '/access/users?full=1',
  '/pools',
  '/storage',
  '/nodes/pve/network',
  '/nodes/pve/dns',
  '/nodes/pve/storage/local-lvm/content',
];

let stateDir: string;
let disk: FaultyDisk;
let node: TestNode;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'full-disk-'));
  node = await startTestNode({ stateDir, rootPassword: undefined });
  await done(['POST', '/nodes/pve/qemu', { vmid: '900', name: 'nine', scsi0: 'local-lvm:1' }]);
  await done(['POST', '/nodes/pve/qemu', { vmid: '901', scsi0: 'local-lvm:1,format=qcow2' }]);
  for (const { back } of STEPS) for (const call of back) await fault(call);
  disk = await FaultyDisk.under(stateDir);
  const quick = (...all: unknown[]) => (all.at(-1) as (...answer: unknown[]) => void)(null, Buffer.alloc(32));
  jest.spyOn(crypto, 'scrypt').mockImplementation(quick as typeof crypto.scrypt);
});

afterAll(async () => {
  jest.restoreAllMocks();
  await node.close();
  rmSync(stateDir, { recursive: true, force: true });
});

test.each(STEPS)(
  '$name: a fault of the disk fails the call and nothing else, and halves nothing',
  async ({ call, back }) => {
    const old = await state();
    const operations = await disk.during(-1, 'none', () => done(call));
    const changed = await state();
    for (const step of back) await done(step);
    expect(await state()).toBe(old);
    for (let at = 0; at < operations; at += 1) {
      const code = CODES[at % CODES.length] as string;
      let words: string | undefined;
      await disk.during(at, code, async () => {
        words = await fault(call);
      });
      const where = `${code} at ${at}, ${disk.struck}`;
      if (words === undefined) expect([where, await state()]).toEqual([where, changed]);
      else expect(words).toContain(code);
      expect([where, [old, changed]]).toEqual([where, expect.arrayContaining([await state()])]);
      await restart();
      const kept = await state();
      expect([where, [old, changed]]).toEqual([where, expect.arrayContaining([kept])]);
      if (kept !== changed) await done(call);
      expect([where, await state()]).toEqual([where, changed]);
      for (const step of back) await done(step);
    }
  },
);

test('a guest whose start failed does not run, and is not started by the next start of the node', async () => {
  const start: Call = ['POST', '/nodes/pve/qemu/900/status/start'];
  const operations = await disk.during(-1, 'none', () => done(start));
  for (let at = 0; at < operations; at += 1) {
    await done(['POST', '/nodes/pve/qemu/900/status/stop']);
    let words: string | undefined;
    await disk.during(at, 'EIO', async () => {
      words = await fault(start);
    });
    expect([at, node.node.engine.isRunning(900)]).toEqual([at, words === undefined]);
    if (words === undefined) continue;
    await restart();
    expect([at, node.node.engine.isRunning(900)]).toEqual([at, false]);
  }
  await done(['POST', '/nodes/pve/qemu/900/status/stop']);
});

test('a guest that was not made on a full disk is gone after the next start at the latest', async () => {
  await done(['POST', '/pools', { poolid: 'p' }]);
  const old = await state();
  const call: Call = ['POST', '/nodes/pve/qemu', { vmid: '100', pool: 'p', scsi0: 'local-lvm:1' }];
  const operations = await disk.during(-1, 'none', () => done(call));
  await done(['DELETE', '/nodes/pve/qemu/100']);
  for (let at = 0; at < operations; at += 1) {
    let told: string | undefined;
    await disk.fullFrom(at, async () => {
      told = await fault(call);
    });
    if (told === undefined) break; // what comes now is the task's log
    expect(told).toContain('ENOSPC');
    await restart();
    expect([at, await state()]).toEqual([at, old]);
  }
});

async function restart(): Promise<void> {
  await node.close();
  node = await startTestNode({ stateDir, rootPassword: undefined });
  // Guests that are meant to run are started again.
  for (const { upid } of node.node.tasks.list()) await node.node.tasks.wait(upid, 5);
}

test('an upload that the disk does not take fails, leaves nothing, and goes through the next time', async () => {
  const names = async () => JSON.stringify((await callApi(node, 'GET', CONTENT)).data, known);
  const old = await names();
  const operations = await disk.during(-1, 'none', upload);
  const changed = await names();
  expect(operations).toBeGreaterThan(8);
  for (let at = 0; at < operations; at += 1) {
    await done(['DELETE', `${CONTENT}/local:iso/a.iso`]);
    let words: string | undefined;
    await disk.during(at, CODES[at % CODES.length] as string, async () => {
      words = await upload();
    });
    if (words !== undefined) expect(words).toContain('the disk says no');
    expect([at, await names()]).toEqual([at, words === undefined ? changed : expect.stringMatching(/./)]);
    expect([old, changed]).toContain(await names());
    expect(await upload()).toBeUndefined();
    expect(readdirSync(join(stateDir, 'storage/local/template/iso'))).toEqual(['a.iso']);
  }
});

test('a start that a fault of the disk cuts off says why, and the next one is as if nothing had been', async () => {
  const old = await state();
  await node.close();
  rmSync(join(stateDir, 'log/tasks'), { recursive: true }); // many by now, and all are read
  const start = async (): Promise<string | undefined> => {
    try {
      node = await startTestNode({ stateDir, rootPassword: undefined });
      return undefined;
    } catch (fault) {
      return (fault as Error).message;
    }
  };
  const operations = await disk.during(-1, 'none', start);
  for (let at = 0; at < operations; at += 1) {
    await node.close();
    const code = CODES[at % CODES.length] as string;
    let words: string | undefined;
    await disk.during(at, code, async () => {
      words = await start();
    });
    if (words !== undefined) {
      expect(words).toContain(code);
      expect(await start()).toBeUndefined();
    }
    expect(await state()).toBe(old);
  }
});

test('figures that cannot be kept hinder neither the node nor its end', async () => {
  node.clock.seconds += 100;
  await disk.fullFrom(0, () => expect(node.node.rrd.sample()).rejects.toThrow('ENOSPC'));
  await disk.fullFrom(0, () => node.close());
  node = await startTestNode({ stateDir, rootPassword: undefined });
  await node.node.rrd.sample();
});

const CONTENT = '/nodes/pve/storage/local/content';

async function upload(): Promise<string | undefined> {
  const part = (name: string, more: string, text: string) =>
    `--xx\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`;
  const { statusCode, payload } = await node.app.inject({
    method: 'POST',
    url: '/api2/json/nodes/pve/storage/local/upload',
    headers: {
      authorization: `PVEAPIToken=${node.token}`,
      'content-type': 'multipart/form-data; boundary=xx',
    },
    payload: `${part('content', '', 'iso')}${part('filename', '; filename="a.iso"', 'an image')}--xx--\r\n`,
  });
  return statusCode === 200 ? ending((JSON.parse(payload) as { data: string }).data) : payload;
}

/** Calls, and waits for the task if it is one; what was wrong, if anything. */
async function fault([method, path, form]: Call): Promise<string | undefined> {
  const answer = await callApi(node, method, path, form);
  if (answer.status !== 200) return wordsOf(answer);
  if (typeof answer.data !== 'string' || !answer.data.startsWith('UPID:')) return undefined;
  return ending(answer.data);
}

async function ending(upid: string): Promise<string | undefined> {
  const { exitStatus } = await node.node.tasks.wait(upid, 5);
  return exitStatus === 'OK' ? undefined : (exitStatus ?? 'it still runs');
}

function wordsOf({ message, reason, errors }: ApiAnswer): string {
  return [message ?? reason, ...Object.values(errors ?? {})].join(' ');
}

async function done(call: Call): Promise<void> {
  expect([call, await fault(call)]).toEqual([call, undefined]);
}

/** What the API shows of the state, a line for each thing, without what is new each time. */
async function state(): Promise<string> {
  const lines: string[] = [];
  for (const path of [...SHOWN, ...node.node.guests.store.vmids().map(configOf)]) {
    const { data } = await callApi(node, 'GET', path);
    for (const row of Array.isArray(data) ? data : [data])
      lines.push(`${path} ${JSON.stringify(row, known)}`);
  }
  for (const vmid of node.node.guests.store.vmids()) {
    if (node.node.engine.isRunning(vmid)) lines.push(`${vmid} runs`);
  }
  return lines.sort().join('\n');
}

const configOf = (vmid: number) => `/nodes/pve/qemu/${vmid}/config`;

function known(key: string, value: unknown): unknown {
  return ['ctime', 'digest', 'vmgenid', 'smbios1', 'meta'].includes(key) ? undefined : value;
}
