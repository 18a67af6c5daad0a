import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Namespace } from '../namespace/namespace';

/** Inside the namespace: what comes on standard input goes to an address, and back. */
const RELAY = `import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
there.settimeout(None)
def send():
    try:
        while data := os.read(0, 65536):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
    except OSError:
        pass
threading.Thread(target=send, daemon=True).start()
try:
    while data := there.recv(65536):
        while data:
            data = data[os.write(1, data):]
except OSError:
    pass
`;

/**
 * A connection to an address in the namespace, which this process is not in: through a small program that is, and that
 * ends with either side. While there is no connection nothing runs.
 */
export function dial(namespace: Pick<Namespace, 'enter'>, address: string, port: number): Duplex {
  const [file = '', ...args] = namespace.enter(['python3', '-ISc', RELAY, address, String(port)]);
  // Not by zx, which keeps all output in memory: these streams are the connection's.
  const child = spawn(file, args, {
    cwd: '/',
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (fault) => stream.destroy(fault));
  stream.on('error', () => {}).on('close', () => child.kill('SIGKILL'));
  return stream;
}
