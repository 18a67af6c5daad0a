import { describeTopology, shownMembers, type Topology, type TopologyBridge } from './topology';

/** As a flowchart of Mermaid, which GitHub and others draw. */
export function topologyMermaid(topology: Topology): string {
  const lines = topology.nodes.flatMap(({ name, bridges }, node) => {
    const ids = bridges.map((_, bridge) => `n${node}b${bridge}`);
    const routes = ids.slice(1).map((id, index) => `    ${ids[index]} <-- routed by the node --> ${id}`);
    return [
      `  subgraph n${node}["node ${text(name)}"]`,
      '    direction TB',
      ...bridges.flatMap((bridge, index) => bridgeLines(bridge, ids[index] ?? '')),
      ...routes,
      '  end',
    ];
  });
  return [
    'flowchart TB',
    `  accTitle: Topology of the lab ${text(topology.lab)}`,
    '  accDescr {',
    ...wrapped(text(describeTopology(topology))).map((line) => `    ${line}`),
    '  }',
    ...lines,
    '',
  ].join('\n');
}

/** In lines that a page has room for. */
function wrapped(description: string): readonly string[] {
  const lines = [''];
  for (const word of description.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length > 90) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}

function bridgeLines(bridge: TopologyBridge, id: string): readonly string[] {
  const { name, network, address, shape } = bridge;
  const { members, more } = shownMembers(bridge);
  const label = [`<b>${text(name)}</b>, ${network}`, text(address)].join('<br>');
  const link = shape === null ? '---' : `-- "${text(shape)}" ---`;
  return [
    `    ${id}["${label}"]`,
    ...members.map((member, index) => {
      const lines = [`<b>${text(member.name)}</b>`, text(member.address), ...member.facts.map(text)];
      return `    ${id} ${link} ${id}m${index}("${lines.join('<br>')}")`;
    }),
    ...(more > 0 ? [`    ${id} --- ${id}more("and ${more} more")`] : []),
  ];
}

/** Mermaid has no escapes for quotes but entities of its own. */
function text(plain: string): string {
  return plain.replace(/[&"<>#;{}]/g, (character) => `#${character.charCodeAt(0)};`);
}
