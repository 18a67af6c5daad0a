/**
 * Every route gets calls that its own schema makes, with some hostile values among them. Whatever comes: the node answers
 * each call in its own words, touches nothing outside its state directory, and after a restart shows what it showed before.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Route } from '../../../local-node/api/route';
import { routes } from '../../../local-node/api/routes';
import { recordOpenedFiles } from '../opened-files';
import { callApi, startTestNode, type TestNode } from '../test-node';
import { parameters } from './parameter-arbitraries';

const SECRET = 'what the host keeps to itself';
const CALLS_PER_ROUTE = 25;
/** What the node's own figures come from. */
const KERNEL_FIGURES = /^readFileSync \/(proc|sys)\//;
/** What a restarted node must show as before. Figures move; configurations do not. */
const KEPT = [
  ...['/access/users', '/access/roles', '/access/groups', '/access/acl', '/pools', '/storage'],
  ...['/nodes/pve/network', '/nodes/pve/storage/local/content', '/nodes/pve/storage/local-lvm/content'],
];

let directory: string;
let host: string;
let node: TestNode;
const failedCalls: string[] = [];

const logger = pino(
  { level: 'error' },
  { write: (line: string) => void (line.includes('call failed') && failedCalls.push(line)) },
);

const start = () => startTestNode({ stateDir: join(directory, 'state'), taskHoldSeconds: 0, logger });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fuzz-'));
  host = join(directory, 'host');
  mkdirSync(host);
  writeFileSync(join(host, 'secret.txt'), SECRET);
  node = await start();
  const iso = join(directory, 'state/storage/local/iso');
  mkdirSync(iso, { recursive: true });
  writeFileSync(join(iso, 'a.iso'), 'iso');
  const made: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['/pools', { poolid: 'pool' }],
    ['/access/groups', { groupid: 'group' }],
    ['/access/users', { userid: 'someone@pve' }],
    ['/access/roles', { roleid: 'Own', privs: 'VM.Audit' }],
    ['/nodes/pve/network', { iface: 'vmbr7', type: 'bridge' }],
    ['/nodes/pve/qemu', { vmid: '100', scsi0: 'local-lvm:1', start: '1' }],
    ['/nodes/pve/qemu', { vmid: '101', scsi0: 'local-lvm:1', net0: 'virtio' }],
  ];
  for (const [path, form] of made) await callApi(node, 'POST', path, form);
  await tasksDone();
  failedCalls.length = 0;
});

afterEach(async () => {
  await node.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Lists have no order of their own. */
function sorted(data: unknown): unknown {
  return Array.isArray(data) ? data.map((row) => JSON.stringify(row)).sort() : data;
}

async function tasksDone(): Promise<void> {
  const { data } = await callApi(node, 'GET', '/nodes/pve/tasks?source=active');
  for (const { upid } of data as { upid: string }[]) await node.node.tasks.wait(upid, 30);
}

async function shown(): Promise<unknown> {
  const guests = await callApi(node, 'GET', '/nodes/pve/qemu');
  const configs = (guests.data as { vmid: number }[])
    .map(({ vmid }) => `/nodes/pve/qemu/${vmid}/config`)
    .sort();
  return Promise.all(
    [...KEPT, ...configs].map(async (path) => [path, sorted((await callApi(node, 'GET', path)).data)]),
  );
}

/** The call that these parameters make: those that the path names in it, the others in the query or the form. */
function callOf({ method, path }: Route, given: Readonly<Record<string, string>>) {
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''));
  const filled = path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => encodeURIComponent(given[name] ?? '') || 'none',
  );
  const form = Object.fromEntries(Object.entries(given).filter(([name]) => !inPath.has(name)));
  const inQuery = method === 'GET' || method === 'DELETE';
  const query = inQuery ? `?${new URLSearchParams(form)}` : '';
  return callApi(node, method, `${filled}${query}`, inQuery ? undefined : form);
}

test('a file outside the state directory that is opened in any way is noticed', async () => {
  const opened = recordOpenedFiles(join(directory, 'state'));
  const secret = join(host, 'secret.txt');
  readFileSync(secret);
  await (await open(secret)).close();
  await copyFile(secret, join(directory, 'state/copy'));
  readFileSync(join(directory, 'state/copy'));
  jest.restoreAllMocks();
  expect([...opened]).toEqual(
    expect.arrayContaining([`readFileSync ${secret}`, `open ${secret}`, `copyFile ${secret}`]),
  );
  expect([...opened].join()).not.toContain('state/copy');
});

test.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'whatever %s is called with, the node answers in its own words and keeps what it keeps',
  async (_, route) => {
    const given = parameters(route.parameters, join(host, 'secret.txt'));
    const openedOutside = recordOpenedFiles(join(directory, 'state'));
    await fc.assert(
      fc.asyncProperty(given, async (values) => {
        const answer = await callOf(route, values);
        expect({ failedCalls, answer: JSON.stringify(answer) }).toEqual({
          failedCalls: [],
          answer: expect.not.stringContaining(SECRET),
        });
      }),
      { numRuns: CALLS_PER_ROUTE },
    );
    await tasksDone();
    jest.restoreAllMocks();

    expect([...openedOutside].filter((opened) => !KERNEL_FIGURES.test(opened))).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['host', 'state']);
    expect(readdirSync(host)).toEqual(['secret.txt']);
    expect(readFileSync(join(host, 'secret.txt'), 'utf8')).toBe(SECRET);
    const before = await shown();
    await node.close();
    node = await start();
    expect(await shown()).toEqual(before);
  },
  60_000,
);
