import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'undici';
import type { Guest } from '../../config/lab';
import type { ApiClient } from '../api-client';
import { encodePng } from './png';
import { type ByteConnection, rfbPicture } from './rfb-picture';

/** QEMU draws a screen anew ten times a second at least while somebody looks, milliseconds. */
const REDRAWN = 500;
/** For the whole of it: a QEMU that hangs must not hold up the message of what has failed. */
const PATIENCE = 20_000;

/**
 * A guest's screen as PNG, looked at as any client of its console does (privilege VM.Console). Throws where the guest
 * has no screen, does not run, or may not be looked at.
 */
export async function screenshot(
  client: ApiClient,
  { vmid, node }: Pick<Guest, 'vmid' | 'node'>,
): Promise<Buffer> {
  const { port, ticket, password } = await client.post<{ port: string; ticket: string; password: string }>(
    client.node(`qemu/${vmid}/vncproxy`, node),
    { websocket: true, 'generate-password': true },
  );
  const path = client.node(`qemu/${vmid}/vncwebsocket`, node);
  const socket = await client.webSocket(path, { port, vncticket: ticket }, 'binary');
  const late = setTimeout(() => socket.close(), PATIENCE);
  try {
    return encodePng(await rfbPicture(bytesOf(socket), password, () => sleep(REDRAWN)));
  } finally {
    clearTimeout(late);
    socket.close();
  }
}

function bytesOf(socket: WebSocket): ByteConnection {
  let received: Buffer[] = [];
  let length = 0;
  let ended = false;
  let wake: () => void = () => undefined;
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', ({ data }) => {
    const bytes = Buffer.from(data as ArrayBuffer);
    received.push(bytes);
    length += bytes.length;
    wake();
  });
  socket.addEventListener('error', () => undefined);
  socket.addEventListener('close', () => {
    ended = true;
    wake();
  });
  return {
    write: (bytes) => socket.send(new Uint8Array(bytes)),
    read: async (wanted) => {
      while (length < wanted) {
        if (ended) throw new Error('its console closed the connection');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const all = Buffer.concat(received);
      received = [all.subarray(wanted)];
      length -= wanted;
      return all.subarray(0, wanted);
    },
  };
}
