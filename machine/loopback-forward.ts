import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';

/** Connections of one forward at a time; more are closed at once. A browser opens six to an address. */
export const MOST_CONNECTIONS = 32;

/** A connection on which nothing goes in either direction is closed after so long, milliseconds. */
const IDLE = 5 * 60_000;

/** A port of 127.0.0.1 that leads somewhere else, for as long as it is not closed. */
export class LoopbackForward {
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /**
   * Listens on the port; each connection is joined to one that `connect` makes, both held back by whoever is slower. One
   * that `connect` fails to make is closed, and `onFault` hears why. Rejects with EADDRINUSE where the port is taken.
   */
  static async listen(
    port: number,
    connect: () => Promise<Duplex>,
    { onFault = () => {}, idle = IDLE }: { onFault?: (fault: Error) => void; idle?: number } = {},
  ): Promise<LoopbackForward> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const forward = await new Promise<LoopbackForward>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: '127.0.0.1' }, () => {
        const address = server.address();
        resolve(new LoopbackForward(server, typeof address === 'object' && address ? address.port : port));
      });
    });
    server.removeAllListeners('error').on('error', onFault);
    server.maxConnections = MOST_CONNECTIONS;
    server.on('connection', (socket) => {
      forward.open.add(socket);
      socket.on('close', () => forward.open.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.setTimeout(idle, () => socket.destroy());
      connect().then(
        (other) => join(socket, other),
        (fault: Error) => {
          socket.destroy();
          onFault(fault);
        },
      );
    });
    return forward;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    for (const socket of this.open) socket.destroy();
    await closed;
  }
}

/** The end of either side is the end of both; what was sent before goes out first. */
function join(socket: Socket, other: Duplex): void {
  if (socket.destroyed) {
    other.destroy();
    return;
  }
  pipeline(socket, other, () => {});
  pipeline(other, socket, () => socket.destroy());
  socket.on('close', () => other.destroy());
}
