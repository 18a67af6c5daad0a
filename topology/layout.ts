import { shownMembers, type Topology, type TopologyBridge, type TopologyMember } from './topology';

/** A rectangle in the picture, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedMember extends Box {
  readonly member: TopologyMember;
}

export interface PlacedBridge extends Box {
  readonly bridge: TopologyBridge;
  readonly members: readonly PlacedMember[];
  /** How many more it has than are drawn. */
  readonly more: number;
}

export interface PlacedNode extends Box {
  readonly name: string;
  readonly bridges: readonly PlacedBridge[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
}

/** Wide enough for an address with its prefix, and narrow enough that two beside each other are read on a phone. */
const columnWidth = 200;
const gap = 16;
const padding = 12;
const titleHeight = 28;
const bridgeHeight = 44;
/** Members hang from their bridge's bar on a line at its left. */
export const indent = 22;
export const lineHeight = 16;
/** Lines of text of a member: its name, its address, its facts in one line. */
export function memberLines({ name, address, facts }: TopologyMember): readonly string[] {
  return [name, address, ...(facts.length > 0 ? [facts.join(', ')] : [])];
}

/** What a bridge's links are shaped to, a line for each of rate, delay and loss; empty where they are not. */
export function shapeLines({ shape }: TopologyBridge): readonly string[] {
  return shape?.split(', ') ?? [];
}

/** Nodes below each other, bridges of a node beside each other, members below their bridge. The same topology, the same layout. */
export function layout({ nodes }: Topology): Layout {
  const columns = Math.max(1, ...nodes.map(({ bridges }) => bridges.length));
  const width = columns * columnWidth + (columns - 1) * gap + 2 * padding;
  let y = 1;
  const placed = nodes.map(({ name, bridges }): PlacedNode => {
    const inside = bridges.map((bridge, index) =>
      placeBridge(bridge, padding + index * (columnWidth + gap), y + titleHeight),
    );
    const bottom = Math.max(y + titleHeight, ...inside.map(bottomOf));
    const node = { name, bridges: inside, x: 1, y, width: width - 2, height: bottom + padding - y };
    y += node.height + gap;
    return node;
  });
  return { width, height: Math.max(1, y - gap + 1), nodes: placed };
}

function placeBridge(bridge: TopologyBridge, x: number, y: number): PlacedBridge {
  let below = y + bridgeHeight + shapeLines(bridge).length * lineHeight + 10;
  const shown = shownMembers(bridge);
  const members = shown.members.map((member): PlacedMember => {
    const height = memberLines(member).length * lineHeight + 12;
    const box = { member, x: x + indent, y: below, width: columnWidth - indent, height };
    below += height + 8;
    return box;
  });
  const { more } = shown;
  return { bridge, members, more, x, y, width: columnWidth, height: bridgeHeight };
}

/** Of a bridge with all that hangs from it. */
function bottomOf({ y, height, bridge, members, more }: PlacedBridge): number {
  const last = members.at(-1);
  const own = y + height + shapeLines(bridge).length * lineHeight;
  return (last === undefined ? own : last.y + last.height) + (more > 0 ? lineHeight + 8 : 0);
}
