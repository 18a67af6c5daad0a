import {
  indent,
  layout,
  lineHeight,
  memberLines,
  type PlacedBridge,
  type PlacedMember,
  type PlacedNode,
  shapeLines,
} from './layout';
import { describeTopology, type Topology } from './topology';

/**
 * Colours of the page that it stands on, where that has any by these names; else its own, light or dark as the reader's
 * screen.
 */
const style = `
.topology { --t-ink: var(--ink, #1a1a1a); --t-soft: var(--soft, #555); --t-line: var(--line, #c4c4c4); --t-page: var(--page, #fff);
  --t-servers: var(--ours, #0072b2); --t-clients: var(--part, #00795a); font: 13px system-ui, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  .topology { --t-ink: var(--ink, #e8e8e8); --t-soft: var(--soft, #b3b3b3); --t-line: var(--line, #555); --t-page: var(--page, #15181b);
    --t-servers: var(--ours, #6cbcf0); --t-clients: var(--part, #58c9a5); }
}
.topology text { fill: var(--t-ink); }
.topology .soft { fill: var(--t-soft); font-size: 12px; }
.topology .name { font-weight: 600; }
.topology .page { fill: var(--t-page); }
.topology .node { fill: none; stroke: var(--t-ink); stroke-width: 1.5; }
.topology .bar { fill: var(--t-servers); }
.topology .clients .bar { fill: var(--t-clients); }
.topology .bar-text { fill: var(--t-page); }
.topology .card { fill: var(--t-page); stroke: var(--t-line); }
.topology .wire { fill: none; stroke: var(--t-servers); stroke-width: 2; }
.topology .clients .wire { stroke: var(--t-clients); }
.topology .route { stroke: var(--t-ink); stroke-width: 1.5; stroke-dasharray: 3 2; }
`;

/** The picture as one SVG, with a title and a description for who cannot see it. */
export function topologySvg(topology: Topology): string {
  const { width, height, nodes } = layout(topology);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="topology" role="img" aria-labelledby="topology-title topology-desc" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title id="topology-title">${escapeXml(`Topology of the lab ${topology.lab}`)}</title>
<desc id="topology-desc">${escapeXml(describeTopology(topology))}</desc>
<style>${style}</style>
<rect class="page" width="${width}" height="${height}"/>
${nodes.map(drawNode).join('\n')}
</svg>
`;
}

function drawNode({ name, x, y, width, height, bridges }: PlacedNode): string {
  const routes = bridges.slice(1).map((bridge, index) => {
    const left = bridges[index] as PlacedBridge;
    const middle = bridge.y + bridge.height / 2;
    return `<line class="route" x1="${left.x + left.width}" y1="${middle}" x2="${bridge.x}" y2="${middle}"/>`;
  });
  const routed = bridges.length > 1 ? '<tspan class="soft" dx="6">routes between its bridges</tspan>' : '';
  return `<g>
<rect class="node" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>
<text x="${x + 11}" y="${y + 19}"><tspan class="name">${escapeXml(`node ${name}`)}</tspan>${routed}</text>
${routes.join('\n')}${bridges.map(drawBridge).join('\n')}
</g>`;
}

function drawBridge({ bridge, members, more, x, y, width, height }: PlacedBridge): string {
  const wire = x + indent / 2;
  const last = members.at(-1);
  const text = (line: string, dy: number, name: string): string =>
    `<text class="${name}" x="${x + 10}" y="${y + dy}">${escapeXml(line)}</text>`;
  const shape = (line: string, index: number): string =>
    `<text class="soft" x="${x + indent}" y="${y + height + 17 + lineHeight * index}">${escapeXml(line)}</text>`;
  return `<g class="${bridge.network}">
${last === undefined ? '' : `<path class="wire" d="M${wire} ${y + height}V${middleOf(last)}"/>`}
<rect class="bar" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>
${text(`${bridge.name}, ${bridge.network}`, 18, 'bar-text name')}
${text(bridge.address, 35, 'bar-text')}
${shapeLines(bridge).map(shape).join('\n')}
${members.map((member) => drawMember(member, wire)).join('\n')}
${more > 0 && last ? `<text class="soft" x="${last.x}" y="${last.y + last.height + 18}">and ${more} more</text>` : ''}
</g>`;
}

function drawMember(placed: PlacedMember, wire: number): string {
  const { member, x, y, width, height } = placed;
  const lines = memberLines(member).map(
    (line, index) =>
      `<text class="${index === 0 ? 'name' : index === 1 ? 'address' : 'soft'}" x="${x + 9}" y="${y + 18 + lineHeight * index}">${escapeXml(line)}</text>`,
  );
  return `<path class="wire" d="M${wire} ${middleOf(placed)}H${x}"/>
<rect class="card" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>
${lines.join('\n')}`;
}

function middleOf({ y, height }: PlacedMember): number {
  return y + height / 2;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
