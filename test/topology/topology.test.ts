import { parseHTML } from 'linkedom';
import { layout } from '../../topology/layout';
import { topologyMermaid } from '../../topology/mermaid';
import { topologySvg } from '../../topology/svg';
import { describeTopology, type Topology, type TopologyMember } from '../../topology/topology';

const members = (count: number): TopologyMember[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `guest${index}`,
    address: `10.0.0.${index}`,
    facts: ['1 core'],
  }));

function withGuests(count: number, name = 'vmbr10'): Topology {
  const servers = {
    name,
    network: 'servers',
    address: '10.0.0.254/24',
    shape: null,
    members: members(count),
  } as const;
  const clients = {
    ...{ name: 'vmbr20', network: 'clients' as const, address: '10.0.1.254/24', members: members(1) },
    shape: '8 Mbit/s, 20 ms each way',
  } as const;
  return {
    lab: 'lab',
    nodes: [
      { name: 'pve', bridges: [servers, clients] },
      { name: 'pve2', bridges: [servers] },
    ],
  };
}

test('nothing lies on anything else, and everything within its node', () => {
  const { nodes, width, height } = layout(withGuests(5));
  for (const node of nodes) {
    const boxes = node.bridges.flatMap((bridge) => [bridge, ...bridge.members]);
    for (const box of boxes) {
      expect(box.x).toBeGreaterThan(node.x);
      expect(box.x + box.width).toBeLessThan(node.x + node.width);
      expect(box.y + box.height).toBeLessThan(node.y + node.height);
      const overlapping = boxes.filter(
        (other) =>
          other !== box &&
          other.x < box.x + box.width &&
          box.x < other.x + other.width &&
          other.y < box.y + box.height &&
          box.y < other.y + other.height,
      );
      expect(overlapping).toEqual([]);
    }
  }
  const [first, second] = nodes;
  expect(second?.y).toBeGreaterThan((first?.y ?? 0) + (first?.height ?? 0));
  expect(width).toBeGreaterThan(0);
  expect(height).toBeGreaterThan((second?.y ?? 0) + (second?.height ?? 0));
});

test('a bridge of many guests is drawn by its first ones, and says how many more there are', () => {
  const svg = topologySvg(withGuests(1000));
  expect(svg.length).toBeLessThan(20_000);
  expect(svg).toContain('and 988 more');
  expect(topologyMermaid(withGuests(1000))).toContain('and 988 more');
});

test('the picture says what it shows to who cannot see it', () => {
  const svg = parseHTML(topologySvg(withGuests(2))).document.querySelector('svg');
  expect(svg?.getAttribute('role')).toBe('img');
  expect(svg?.querySelector('title')?.textContent).toBe('Topology of the lab lab');
  expect(svg?.querySelector('desc')?.textContent).toBe(describeTopology(withGuests(2)));
  expect(describeTopology(withGuests(2))).toContain(
    'Node pve has the bridge vmbr10 (servers, 10.0.0.254/24) and the bridge vmbr20 (clients, 10.0.1.254/24), and routes between them.',
  );
  expect(describeTopology(withGuests(2))).toContain(
    'On vmbr20: guest0 10.0.0.0; each link 8 Mbit/s, 20 ms each way.',
  );
});

test('what is shaped has a line for each part of its shape', () => {
  const texts = [...parseHTML(topologySvg(withGuests(1))).document.querySelectorAll('text.soft')];
  expect(texts.map(({ textContent }) => textContent)).toEqual(
    expect.arrayContaining(['8 Mbit/s', '20 ms each way']),
  );
});

test('names end neither the SVG nor the flowchart', () => {
  const odd = withGuests(1, 'a"<b>&');
  expect(topologySvg(odd)).toContain('a&quot;&lt;b&gt;&amp;');
  expect(topologyMermaid(odd)).toContain('a#34;#60;b#62;#38;');
});

test('the same lab gives the same bytes', () => {
  expect(topologySvg(withGuests(3))).toBe(topologySvg(withGuests(3)));
  expect(topologyMermaid(withGuests(3))).toBe(topologyMermaid(withGuests(3)));
});
