import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../../config/lab';
import { faultLines } from '../../../proxmox/checks/finding';
import { answered } from '../../../proxmox/checks/read-node';
import { startTestNode, type TestNode } from '../../local-node/test-node';
import { type Draft, labWith, withoutVmids } from '../../stacks/synthesized';
import { checked, type Injected, refusal } from './checked-node';
import { faults, ours, patched, vm } from './node-faults';

let node: TestNode;
let lab: Lab;
beforeAll(async () => {
  node = await startTestNode();
  lab = labWith();
});
afterAll(() => node.close());

test('a node on which all is well has no fault and no warning, and each thing its row', async () => {
  const findings = await checked(node, lab);
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(findings.map(({ subject }) => subject)).toEqual([
    'Proxmox VE API',
    'node pve',
    'privileges',
    'storage local-lvm',
    'storage local',
    'bridge vmbr10',
    'bridge vmbr20',
    'vmids',
    "cores of the guests' node",
    "memory of the guests' node",
    "guest template's content",
    'clock of the node',
    'SSH to the node',
    "the snippets' directory",
    'programs for measuring',
    'KVM on the node',
  ]);
});

test.each(faults)(
  'the checks name $name in its own row',
  async ({ injected, subject, said, state = 'fault' }) => {
    const bad = (await checked(node, lab, injected)).filter((finding) => finding.state !== 'ok');
    const row = bad.find((finding) => finding.subject === subject && said.test(finding.found));
    expect(bad).toContainEqual(
      expect.objectContaining({ subject, state, found: expect.stringMatching(said) }),
    );
    expect(row?.remedy).toBeTruthy();
    expect(JSON.stringify(bad)).not.toMatch(/5ec4e7|\bat .*\.ts:\d/);
  },
);

test('there are at least thirty of them', () => expect(faults.length).toBeGreaterThanOrEqual(30));

test.each([
  [
    'a bridge that Terraform knows',
    { answers: { network: () => [ours] }, deployedBridges: new Set(['vmbr10']) },
  ],
  [
    "the lab's own guests",
    { answers: { 'cluster/resources': () => [vm({ tags: 'lab;lab-0a1b2c3d;wordpress' })] } },
  ],
  ['root over SSH without sudo', { host: { uid: 0, sudo: new Set<string>() } }],
  [
    'a local node, whose machine has another name',
    { kind: 'local', host: { name: 'laptop', hasKvm: false } },
  ],
] satisfies readonly (readonly [string, Injected])[])('%s: nothing is the matter', async (_, injected) => {
  expect((await checked(node, lab, injected)).filter(({ state }) => state !== 'ok')).toEqual([]);
});

test('what may not be read is told as that, with the privilege to ask for', async () => {
  const answers = Object.fromEntries(
    ['status', 'time', 'storage', 'network'].map((path) => [path, refusal(403, 'Permission check failed')]),
  );
  const bad = (await checked(node, lab, { answers })).filter(({ state }) => state !== 'ok');
  expect(bad.map(({ subject, state }) => [subject, state])).toEqual(
    ['storages', 'bridges', 'cores and memory', 'clock of the node'].map((subject) => [subject, 'warning']),
  );
});

describe('images that the node downloads', () => {
  const cloud = (change: (draft: Draft) => void = () => {}) =>
    labWith((draft) => {
      draft.images.source = 'cloud';
      change(draft);
    });

  test('are asked for from the node, and one that it does not reach is named with its address', async () => {
    const answers = { 'query-url-metadata': refusal(500, "invalid server response: '404 Not Found'") };
    const bad = (await checked(node, cloud(), { answers })).filter(({ state }) => state !== 'ok');
    expect(bad.map(({ subject, state }) => [subject, state])).toEqual(
      ['centos', 'ubuntu', 'debian'].map((name) => [`image ${name}`, 'fault']),
    );
    expect(bad[0]?.found).toMatch(/does not reach https:\/\/cloud\.centos\.org\S+: .*404/);
  });

  test('that may not be asked for are no fault', async () => {
    const answers = { 'query-url-metadata': refusal(403, 'Permission check failed') };
    const bad = (await checked(node, cloud(), { answers })).filter(({ state }) => state !== 'ok');
    expect(new Set(bad.map(({ state }) => state))).toEqual(new Set(['warning']));
  });
});

describe('vmids that the lab chooses', () => {
  const vmids = async (of: Lab, injected?: Injected) =>
    (await checked(node, of, injected)).filter(({ subject }) => /^vmid/.test(subject));

  test('are no fault before they are chosen, and free ones are named', async () => {
    expect(await vmids(labWith(withoutVmids))).toMatchObject([
      { state: 'ok', found: '3 are chosen when they are deployed (free are for example 100-102)' },
    ]);
  });

  test('and that somebody has taken since are no fault, unless the guest is made', async () => {
    const answers = { 'cluster/resources': () => [vm()] };
    const [chosen] = await vmids(lab, { answers, replaceableVmids: new Set([129]) });
    expect(chosen).toMatchObject({ state: 'warning', remedy: expect.stringContaining('chooses another') });
    const [made] = await vmids(lab, { answers });
    expect(made).toMatchObject({ state: 'fault', remedy: expect.stringContaining('for example 100-102') });
  });
});

test('types of content that the deploy adds are no fault', async () => {
  const adds = labWith((draft) => Object.assign(draft.node, { storageContent: ['import', 'snippets'] }));
  const findings = await checked(node, adds, {
    answers: { storage: patched('storage', 'local', { content: 'iso' }) },
    host: {
      snippets: { directory: '/var/lib/vz/snippets', exists: false, writable: false, readOnly: false },
    },
  });
  expect(faultLines(findings)).toEqual([]);
  expect(findings.find(({ subject }) => subject === 'storage local')?.found).toMatch(/adds import, snippets/);
});

test('a question that gets no answer is given up, and nothing else waits for it', async () => {
  const controller = new AbortController();
  const never = sleep(60_000, undefined, { signal: controller.signal, ref: false });
  expect(await answered(never, 0.01)).toEqual({ fault: 'no answer within 0.01 s' });
  controller.abort();
});

test('the lines for a command that stops hold what is wrong and what to do, and no warnings', async () => {
  const findings = await checked(node, lab, { host: { hasKvm: false, programs: new Set() } });
  expect(faultLines(findings)).toEqual([
    expect.stringMatching(/^KVM on the node: no \/dev\/kvm \(.*firmware\)$/),
  ]);
});

test('a bridge of another lab is told with the command that says of which', async () => {
  const network = () => [{ ...ours, comments: 'lab: servers (lab-ffffffff)' }];
  const bridge = (await checked(node, lab, { answers: { network } })).find(
    ({ subject }) => subject === 'bridge vmbr10',
  );
  expect(bridge).toMatchObject({ state: 'fault', remedy: expect.stringContaining('npm run orphans') });
});

test('all that the storage of disks cannot hold is named at once: formats by their guests, and linked clones', async () => {
  const wanting = labWith((draft) => {
    draft.images = { ...draft.images, deploy: 'import' };
    for (const guest of draft.guests.slice(0, 2)) guest.format = 'qcow2';
  });
  const on = (type: string) => ({ answers: { storage: patched('storage', 'local-lvm', { type }) } });
  const found = async (of: Lab, type: string) =>
    (await checked(node, of, on(type)))
      .filter(({ subject }) => subject === 'disks on local-lvm')
      .map((finding) => finding.found);
  expect(await found(wanting, 'lvmthin')).toEqual([
    expect.stringMatching(/holds raw disks.*format: qcow2 of wordpress, moodle$/),
  ]);
  expect(await found(wanting, 'nfs')).toEqual([]);
  const cloned = { ...wanting, images: { ...wanting.images, deploy: 'linked-clone' as const } };
  expect(await found(cloned, 'lvm')).toEqual([
    expect.stringContaining('format: qcow2'),
    expect.stringContaining('no linked clones'),
  ]);
});
