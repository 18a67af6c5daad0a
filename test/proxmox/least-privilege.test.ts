import { neededPrivileges, type PrivilegeNeed, readingPrivileges } from '../../proxmox/needed-privileges';
import { pveumLines, rolesOf } from '../../proxmox/privilege-lines';
import { type ApiAnswer, callApi, rootHeaders, startTestNode, type TestNode } from '../local-node/test-node';
import { labWith, withoutVmids } from '../stacks/synthesized';
import { checked } from './checks/checked-node';

/** Everything that can need a privilege. */
const lab = labWith((draft) => {
  draft.images.source = 'cloud';
  const hosts = [{ address: '127.0.0.1', names: ['localhost', 'pve'] }];
  Object.assign(draft.node, { hosts, storageContent: ['snippets', 'import'] });
});
const needs = neededPrivileges(lab, 9);
const roles = rolesOf(needs, 'Lab');

test('for guests whose vmids are still to be chosen, the privileges are those of all guests', () => {
  const open = labWith(withoutVmids);
  for (const needed of [neededPrivileges(open, 9), readingPrivileges(open)]) {
    const paths = new Set(needed.map(({ path }) => path).filter((path) => path.startsWith('/vms')));
    expect([...paths]).toEqual(['/vms']);
  }
});

let node: TestNode;
let root: Readonly<Record<string, string>>;
/** The node as the lab's own token meets it. */
let asLab: TestNode;

beforeAll(async () => {
  node = await startTestNode();
  root = await rootHeaders(node);
  const made = await callApi(node, 'POST', '/nodes/pve/qemu', { vmid: '116', memory: '64' }, root);
  await node.node.tasks.wait(made.data as string, 10);
  asLab = { ...node, token: await grant('lab', roles) };
});
afterAll(() => node.close());

/** Does what the printed lines do, and gives the token. */
async function grant(user: string, granted: typeof roles): Promise<string> {
  const userid = `${user}@pve`;
  const must = async (
    ...call: Parameters<typeof callApi> extends [unknown, ...infer Rest] ? Rest : never
  ) => {
    const answer = await callApi(node, call[0], call[1], call[2], root);
    expect({ call, status: answer.status }).toMatchObject({ status: 200 });
    return answer;
  };
  await must('POST', '/access/users', { userid });
  for (const { name, privileges, paths } of granted) {
    await must('POST', '/access/roles', { roleid: name, privs: privileges.join(',') });
    for (const path of paths) await must('PUT', '/access/acl', { path, users: userid, roles: name });
  }
  const { data } = await must('POST', `/access/users/${userid}/token/deploy`, { privsep: '0' });
  return `${userid}!deploy=${(data as { value: string }).value}`;
}

/** Runs with one privilege taken out of its role. */
async function without<T>({ path, privilege }: PrivilegeNeed, use: () => Promise<T>): Promise<T> {
  const role = roles.find(({ paths }) => paths.includes(path));
  if (!role) throw new Error(`no role for ${path}`);
  const set = (privileges: readonly string[]) =>
    callApi(node, 'PUT', `/access/roles/${role.name}`, { privs: privileges.join(',') }, root);
  await set(role.privileges.filter((name) => name !== privilege));
  try {
    return await use();
  } finally {
    await set(role.privileges);
  }
}

type Try = readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string, Readonly<Record<string, string>>?];
const config = (options: Readonly<Record<string, string>>): Try => [
  'PUT',
  '/nodes/pve/qemu/116/config',
  options,
];
/** For each privilege, by kind of path, a call of the lab or its provider that the node refuses without it. */
const CALLS: Readonly<Record<string, Try>> = {
  'vms VM.Allocate': ['POST', '/nodes/pve/qemu', { vmid: '129' }],
  'vms VM.Audit': ['GET', '/nodes/pve/qemu/116/config'],
  'vms VM.PowerMgmt': ['POST', '/nodes/pve/qemu/116/status/stop', {}],
  'vms VM.Config.CDROM': config({ ide2: 'none,media=cdrom' }),
  'vms VM.Config.CPU': config({ cores: '1' }),
  'vms VM.Config.Cloudinit': ['PUT', '/nodes/pve/qemu/116/cloudinit', {}],
  'vms VM.Config.Disk': config({ scsi0: 'local-lvm:1' }),
  'vms VM.Config.HWType': config({ scsihw: 'virtio-scsi-single' }),
  'vms VM.Config.Memory': config({ memory: '64' }),
  'vms VM.Config.Network': config({ net0: 'virtio' }),
  'vms VM.Config.Options': config({ name: 'x' }),
  'vms VM.GuestAgent.Unrestricted': ['POST', '/nodes/pve/qemu/116/agent/exec', { command: 'true' }],
  'storage Datastore.AllocateSpace': config({ scsi1: 'local-lvm:1' }),
  'storage Datastore.Audit': ['GET', '/nodes/pve/storage/local/status'],
  'storage Datastore.AllocateTemplate': [
    'POST',
    '/nodes/pve/storage/local/download-url',
    { url: 'http://127.0.0.1:9/x.qcow2', content: 'import', filename: 'x.qcow2' },
  ],
  'storage Datastore.Allocate': ['GET', '/storage/local'],
  'nodes Sys.Audit': ['GET', '/nodes/pve/status'],
  'nodes Sys.Modify': ['POST', '/nodes/pve/network', { iface: 'vmbr9', type: 'bridge' }],
  'nodes Sys.AccessNetwork': ['GET', '/nodes/pve/query-url-metadata?url=http%3A%2F%2F127.0.0.1%3A9%2F'],
  'sdn SDN.Use': config({ net0: 'virtio,bridge=vmbr10' }),
  ' Sys.Audit': ['GET', '/nodes/pve/hosts'],
};

/** One of a kind: the guests are all alike. */
const kinds = new Map(
  needs.map((need) => {
    const whole = need.path === '/storage' ? 'all storages' : need.path.split('/')[1];
    return [
      `${whole} ${need.privilege}`,
      need.path === '/vms/129' && need.privilege !== 'VM.Allocate' ? { ...need, path: '/vms/116' } : need,
    ];
  }),
);

test('with the printed roles nothing is missing', async () => {
  const findings = await checked(asLab, lab, { answers: { 'query-url-metadata': () => ({}) } });
  // VM 116 is of this test.
  const bad = findings.filter(({ state, subject }) => state !== 'ok' && subject !== 'vmid 116');
  expect(bad).toEqual([]);
});

test.each([...kinds])(
  'without %s the check names it and its path, and the node refuses what needs it',
  async (kind, need) => {
    await without(need, async () => {
      const findings = await checked(asLab, lab, { answers: { 'query-url-metadata': () => ({}) } });
      const row = findings.find(({ subject, state }) => subject === 'privileges' && state === 'fault');
      expect(row?.found).toContain(`lab@pve!deploy lacks ${need.privilege} on `);
      expect(row?.remedy).toContain('npm run privileges');
      const call = CALLS[kind];
      if (!call) return;
      const [method, path, form] = call;
      const answer: ApiAnswer = await callApi(asLab, method, path, form);
      expect({ kind, status: answer.status }).toEqual({ kind, status: 403 });
      // Of two of its checks Proxmox VE says no more than that.
      const unnamed = ['VM.Allocate', 'Sys.AccessNetwork'].includes(need.privilege);
      const said = unnamed ? 'Permission check failed' : need.privilege;
      expect(`${answer.reason} ${answer.message}`).toContain(said);
    });
  },
);

test('neither reads nor downloads the node an address for whoever has but one of the two privileges that do as well', async () => {
  const [need] = needs.filter(({ privilege }) => privilege === 'Sys.AccessNetwork');
  if (!need) throw new Error('a lab of cloud images asks for no network');
  await without(need, async () => {
    const form = { url: 'http://127.0.0.1:9/x.qcow2', content: 'import', filename: 'x.qcow2' };
    const answer = await callApi(asLab, 'POST', '/nodes/pve/storage/local/download-url', form);
    expect(answer.status).toBe(403);
  });
});

test('every kind of privilege but two has a call that the node refuses', () => {
  // A list that leaves the bridge out, and a right on all storages that each storage's own stands for here.
  const silent = [...kinds.keys()].filter((kind) => !CALLS[kind]);
  expect(silent).toEqual(['sdn SDN.Audit', 'all storages Datastore.Allocate']);
  expect(Object.keys(CALLS).filter((kind) => !kinds.has(kind))).toEqual([]);
});

describe('the role for reading figures', () => {
  test('reads guests, node and storages, and changes nothing', async () => {
    const asReader = { ...node, token: await grant('reader', rolesOf(readingPrivileges(lab), 'Reader')) };
    const reads = [
      '/nodes/pve/qemu/116/status/current',
      '/nodes/pve/status',
      '/nodes/pve/storage/local/status',
    ];
    for (const path of reads) expect((await callApi(asReader, 'GET', path)).status).toBe(200);
    for (const [kind, [method, path, form]] of Object.entries(CALLS)) {
      if (method === 'GET') continue;
      expect({ kind, status: (await callApi(asReader, method, path, form)).status }).toEqual({
        kind,
        status: 403,
      });
    }
  });
});

describe('the printed lines', () => {
  test('give each set of privileges one role, and each path its own', () => {
    const lines = pveumLines(rolesOf(neededPrivileges(labWith(), 9), 'Lab'), 'lab@pve', 'deploy');
    expect(lines).toContain('pveum acl modify /vms/129 --users lab@pve --roles LabGuests');
    expect(lines).toContain('pveum role add LabStorage --privs "Datastore.AllocateSpace"');
    expect(lines).toContain('pveum role add LabBridge --privs "SDN.Use"');
    expect(lines.filter((line) => line.includes('acl modify / '))).toEqual([]);
    expect(lines.at(-1)).toBe('pveum user token add lab@pve deploy --privsep 0');
  });

  test('cover every node that guests are on, with what it has otherwise', () => {
    const two = labWith((draft) => {
      Object.assign(draft.guests[0] ?? {}, { node: 'pve2' });
      draft.nodes = { pve2: { storage: { disks: 'zfs' }, bridges: { servers: 'vmbr11' } } };
    });
    const more = (of: typeof neededPrivileges | typeof readingPrivileges) => {
      const paths = (one: typeof two) => new Set(of(one, 9).map(({ path }) => path));
      return [...paths(two)].filter((path) => !paths(labWith()).has(path)).sort();
    };
    const vmbr11 = '/sdn/zones/localnetwork/vmbr11';
    expect(more(neededPrivileges)).toEqual(['/nodes/pve2', vmbr11, '/storage/zfs'].sort());
    expect(more(readingPrivileges)).toEqual(['/nodes/pve2', '/storage/zfs']);
  });

  test('of version 8 name the older privilege for guest agents', () => {
    const names = (version: 8 | 9) =>
      new Set(neededPrivileges(labWith(), version).map(({ privilege }) => privilege));
    expect(names(8)).toContain('VM.Monitor');
    expect([...names(8)].filter((name) => name.startsWith('VM.GuestAgent'))).toEqual([]);
    expect(names(9)).not.toContain('VM.Monitor');
  });
});
