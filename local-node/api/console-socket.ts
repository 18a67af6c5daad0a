import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { WireAnswer } from './answer';

/** Largest message of a client, bytes: what it pastes or types. */
const LARGEST = 1 << 20;
/** A client that has gone without a word is noticed after two of these, milliseconds. */
const HEARTBEAT = 30_000;

/** Speaks WebSocket with clients of consoles, as Proxmox VE does: binary messages, the protocol `binary` if asked for. */
export class ConsoleSockets {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST,
    handleProtocols: (asked) => asked.has('binary') && 'binary',
  });

  /** Completes the handshake of a call that the API has allowed. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, connected: (client: Duplex) => void): void {
    const asked = request.headers['sec-websocket-protocol'];
    if (asked !== undefined && !asked.split(',').some((name) => name.trim() === 'binary')) {
      socket.destroy();
      return;
    }
    this.server.handleUpgrade(request, socket, head, (client) => {
      let answered = true;
      client.on('pong', () => {
        answered = true;
      });
      const beat = setInterval(() => {
        if (!answered) client.terminate();
        answered = false;
        client.ping();
      }, HEARTBEAT);
      const stream = createWebSocketStream(client);
      client.once('close', () => {
        clearInterval(beat);
        // Of a client that went without a word it would wait for ever: its connection takes no last bytes.
        stream.destroy();
      });
      connected(stream);
    });
  }

  /** Says no to a call that wanted a WebSocket, as an answer of HTTP. */
  static refuse(socket: Duplex, { status, reason, contentType, body }: WireAnswer): void {
    const head = [
      `HTTP/1.1 ${status} ${reason ?? STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  }

  close(): void {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }
}
