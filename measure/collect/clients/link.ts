import type { Lab, LinkShape } from '../../../config/lab';
import type { Shell } from '../../../proxmox/node-shell';

/** Commands of `tc qdisc` that give a device a delay and a rate, both for what it sends; none where neither is wanted. */
export function shapingCommands(
  device: string,
  { rateBitsPerSecond, delayMs, jitterMs = 0 }: LinkShape,
): readonly (readonly string[])[] {
  const add = ['tc', 'qdisc', 'add', 'dev', device];
  const delay = delayMs === undefined ? [] : netem(delayMs, jitterMs, rateBitsPerSecond);
  const rate = rateBitsPerSecond === undefined ? [] : tokenBucket(rateBitsPerSecond);
  if (delay.length === 0) return rate.length === 0 ? [] : [[...add, 'root', ...rate]];
  // As tc-netem(8) joins the two: what netem lets go enters the bucket.
  const held = [...add, 'root', 'handle', '1:', ...delay];
  return rate.length === 0 ? [held] : [held, [...add, 'parent', '1:1', 'handle', '10:', ...rate]];
}

/** tc-netem(8). Its queue holds what is on the way: twice what the rate, or else 10 Gbit/s, brings in the longest delay. */
export function netem(delayMs: number, jitterMs: number, rateBitsPerSecond = 10e9): readonly string[] {
  const onTheWay = ((rateBitsPerSecond / 8) * (delayMs + jitterMs)) / 1000 / 1514;
  const jitter = jitterMs === 0 ? [] : [`${jitterMs}ms`];
  return ['netem', 'limit', String(1000 + Math.ceil(2 * onTheWay)), 'delay', `${delayMs}ms`, ...jitter];
}

/** Token bucket of tc-tbf(8): the bucket holds 4 ms of the rate and two full frames at least; 50 ms of queue. */
function tokenBucket(rateBitsPerSecond: number): readonly string[] {
  const burst = Math.max(2 * 1514, Math.ceil((rateBitsPerSecond / 8) * 0.004));
  return ['tbf', 'rate', `${rateBitsPerSecond}bit`, 'burst', `${burst}b`, 'latency', '50ms'];
}

/** Packets that the link has dropped so far. */
export interface DroppedPackets {
  readonly toServer: number;
  readonly toClient: number;
}

/** A lab's own table of nftables on the node; a hyphen cannot stand in its name. */
function tableName(lab: string): string {
  return `pve_virtualization_lab_${lab.replaceAll('-', '__')}`;
}

/**
 * Random loss where the node forwards between the two bridges: after the capture of the sender and before that of the
 * receiver, whichever the direction, so that both ends together see it. nftables and not netem, because its counters say how
 * many packets were dropped.
 */
export function lossRules(lab: string, networks: Lab['networks'], lossPercent: number): string {
  const { servers, clients } = networks;
  const drop = `numgen random mod 10000 < ${Math.round(lossPercent * 100)} counter name`;
  return `table ip ${tableName(lab)} {
  counter to_server { }
  counter to_client { }
  chain forward {
    type filter hook forward priority 0;
    iifname "${clients.bridge}" oifname "${servers.bridge}" ${drop} "to_server" drop
    iifname "${servers.bridge}" oifname "${clients.bridge}" ${drop} "to_client" drop
  }
}
`;
}

export async function removeLoss(shell: Shell, lab: string): Promise<void> {
  // Most nodes have none, and nothing else needs nft.
  await shell.run(['nft', 'delete', 'table', 'ip', tableName(lab)], { allowFailure: true });
}

/** Null where the counters do not say. */
export async function droppedPackets(shell: Shell, lab: string): Promise<DroppedPackets | null> {
  const count = async (name: string): Promise<number | null> => {
    const { stdout } = await shell.run(['nft', 'list', 'counter', 'ip', tableName(lab), name]);
    const packets = /packets (\d+)/.exec(stdout)?.[1];
    return packets === undefined ? null : Number(packets);
  };
  const [toServer, toClient] = [await count('to_server'), await count('to_client')];
  return toServer === null || toClient === null ? null : { toServer, toClient };
}
