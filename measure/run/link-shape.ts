import type { ClientsNetwork, Lab, LinkShape } from '../../config/lab';

/** What lab.yaml says of the clients' links and nothing else of their network. */
export function linkShape(network: ClientsNetwork): LinkShape {
  const { rateBitsPerSecond, delayMs, jitterMs, lossPercent } = network;
  return { rateBitsPerSecond, delayMs, jitterMs, lossPercent };
}

export function isShaped(shape: LinkShape): boolean {
  return Object.values(shape).some((value) => value !== undefined);
}

/** "8 Mbit/s, 20 ± 5 ms each way, 1 % lost each way", or "not shaped". */
export function describeShape({ rateBitsPerSecond, delayMs, jitterMs, lossPercent }: LinkShape): string {
  const delay = jitterMs === undefined ? `${delayMs}` : `${delayMs} ± ${jitterMs}`;
  const parts = [
    ...(rateBitsPerSecond === undefined ? [] : [`${rateBitsPerSecond / 1e6} Mbit/s`]),
    ...(delayMs === undefined ? [] : [`${delay} ms each way`]),
    ...(lossPercent === undefined ? [] : [`${lossPercent} % lost each way`]),
  ];
  return parts.join(', ') || 'not shaped';
}

/** What the links of both networks are shaped to, in words; null = they are not. */
export function linkTexts({ servers, clients }: Pick<Lab['networks'], 'servers' | 'clients'>): {
  readonly servers: string | null;
  readonly clients: string | null;
} {
  const text = (shape: LinkShape): string | null => (isShaped(shape) ? describeShape(shape) : null);
  return {
    servers: text({ rateBitsPerSecond: servers.rateBitsPerSecond }),
    clients: text(linkShape(clients)),
  };
}
