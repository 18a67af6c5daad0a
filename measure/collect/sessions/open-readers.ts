import type { Shell } from '../../../proxmox/node-shell';
import type { ReaderKind } from '../../run/run-plan';
import { type ClientNamespace, inNamespace } from '../clients/client-network';
import type { NodeClock } from '../node-clock';
import type { BrowserServer } from './browser-command';
import { BrowserReader } from './browser-reader';
import { ScriptedReader, type SessionReader } from './reader';

/** One reader for each client, all of them ready to read. Throws if one does not start; then none is left. */
export async function openReaders(
  kind: ReaderKind | undefined,
  world: { readonly shell: Shell; readonly clock: NodeClock; readonly signal: AbortSignal },
  clients: readonly ClientNamespace[],
  server: BrowserServer,
): Promise<readonly SessionReader[]> {
  const { shell, clock, signal } = world;
  const opened = await Promise.allSettled(
    clients.map(async ({ namespace }): Promise<SessionReader> => {
      const wrap = (command: readonly string[]) => inNamespace(namespace, command);
      return kind === 'browser'
        ? BrowserReader.open(shell, server, wrap, clock.now, signal)
        : new ScriptedReader(shell, wrap, signal);
    }),
  );
  const readers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (!failed) return readers;
  await Promise.all(readers.map((reader) => reader.close()));
  throw failed.reason;
}
