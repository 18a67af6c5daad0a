import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../config/lab';
import { builtInRoles } from '../../config/roles';
import { runTopology } from '../../measure/report/sections/topology';
import { linkTexts } from '../../measure/run/link-shape';
import { registerPlan } from '../../measure/run/run-plan';
import { labTopology } from '../../stacks/lab-topology';
import { topologyMermaid } from '../../topology/mermaid';
import { labWith, withoutVmids } from './synthesized';

const topologyOf = (lab: Lab) => labTopology(lab, builtInRoles(), linkTexts(lab.networks));

test('the README has the topology of the lab as it is declared', () => {
  const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
  const [, block] = /```mermaid\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(block).toBe(topologyMermaid(topologyOf(labWith())));
});

test('guests hang from the bridge that their network device refers to, in the order of lab.yaml', () => {
  const [node] = topologyOf(labWith()).nodes;
  expect(node?.bridges.map(({ name, network, address }) => [name, network, address])).toEqual([
    ['vmbr10', 'servers', '192.168.10.1/24'],
    ['vmbr20', 'clients', '192.168.20.1/24'],
  ]);
  expect(node?.bridges[0]?.members.map(({ name, address }) => [name, address])).toEqual([
    ['wordpress', '192.168.10.29'],
    ['moodle', '192.168.10.16'],
    ['mediawiki', '192.168.10.28'],
  ]);
  expect(node?.bridges[1]?.members.map(({ name }) => name)).toEqual([
    'client1',
    'client2',
    'client3',
    'client4',
  ]);
});

test('guests on another node are drawn there, on its own bridge', () => {
  const lab = labWith((draft) => {
    draft.nodes = { pve2: { bridges: { servers: 'vmbr99' } } };
    Object.assign(draft.guests[2] ?? {}, { node: 'pve2' });
  });
  const { nodes } = topologyOf(lab);
  expect(nodes.map(({ name }) => name)).toEqual(['pve', 'pve2']);
  expect(nodes[1]?.bridges.map(({ name, members }) => [name, members.map((each) => each.name)])).toEqual([
    ['vmbr99', ['mediawiki']],
  ]);
});

test('a guest whose vmid is chosen at its first deployment has none yet', () => {
  const [node] = topologyOf(labWith(withoutVmids)).nodes;
  expect(node?.bridges[0]?.members.map(({ facts }) => facts)).toEqual(new Array(3).fill(['1 core, 1 GiB']));
});

test('a run carries in its plan what its lab’s constructs declare, shapes of links too', () => {
  const lab = labWith((draft) => {
    draft.networks.servers.rateBitsPerSecond = 83886080;
    Object.assign(draft.networks.clients, { delayMs: 20, jitterMs: 5, lossPercent: 1 });
  });
  const plan = registerPlan(lab, {
    run: 'run',
    planName: 'quick',
    scenarios: ['resources'],
    registeredAt: '2030-01-01T00:00:00.000Z',
    missingApplications: [],
  });
  expect(runTopology(plan)).toEqual(topologyOf(lab));
  expect(topologyOf(lab).nodes[0]?.bridges[1]?.shape).toBe('20 ± 5 ms each way, 1 % lost each way');
});
