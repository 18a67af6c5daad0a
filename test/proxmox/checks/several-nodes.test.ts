import type { Lab } from '../../../config/lab';
import { labShares } from '../../../config/lab-shares';
import type { Target } from '../../../config/target';
import { preflight } from '../../../proxmox/checks/preflight';
import { startTestNode, type TestNode } from '../../local-node/test-node';
import { labWith } from '../../stacks/synthesized';
import { checked } from './checked-node';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
});
afterAll(() => node.close());

/** The project's own lab with its first guest on pve2. */
function onTwo(ssh?: { address: string; port: number }): Lab {
  return labWith((draft) => {
    Object.assign(draft.guests[0] ?? {}, { node: 'pve2' });
    if (ssh) draft.nodes = { pve2: { ssh } };
  });
}

/** What pve2 has of the lab; the node that answers is named pve. */
function otherShare(): Lab {
  const share = labShares(onTwo())[1];
  if (!share) throw new Error('no guest is on pve2');
  return { ...share, nodeName: 'pve' };
}

test("of another node than the lab's own only what guests need is looked at", async () => {
  const findings = await checked(node, otherShare());
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  const subjects = findings.map(({ subject }) => subject);
  expect(subjects).toEqual(expect.arrayContaining(['storage local-lvm', 'bridge vmbr10', 'KVM on the node']));
  expect(subjects).not.toContain('bridge vmbr20');
  expect(subjects).not.toContain('programs for measuring');
});

test('SSH that reaches another host is corrected in lab.yaml, where its address stands', async () => {
  const findings = await checked(node, otherShare(), { host: { name: 'pve3' } });
  expect(findings).toContainEqual(
    expect.objectContaining({ state: 'fault', remedy: expect.stringContaining('nodes.pve.ssh.address') }),
  );
});

test.each([
  ['where lab.yaml says where it is', { address: '127.0.0.1', port: 1 }, true],
  ['not at all where it does not', undefined, false],
])('every node is looked at, and named in its rows; over SSH %s', async (_, ssh, asked) => {
  const target: Target = {
    kind: 'proxmox',
    endpoint: 'https://127.0.0.1:1',
    nodeName: 'pve',
    credentials: { kind: 'token', token: 'lab@pve!x=1-2' },
    insecure: false,
    ssh: { host: '127.0.0.1', port: 1, username: 'root', password: 'x' },
  };
  const nodes: string[] = [];
  const findings = await preflight(target, onTwo(ssh), {
    deployedBridges: (name) => {
      nodes.push(name);
      return undefined;
    },
  });
  const subjects = findings.map(({ subject }) => subject);
  expect(subjects).toEqual(expect.arrayContaining(['Proxmox VE API', 'pve2: Proxmox VE API']));
  expect(subjects).toContain('SSH to the node');
  expect(subjects.includes('pve2: SSH to the node')).toBe(asked);
  expect(nodes.sort()).toEqual(['pve', 'pve2']);
});
