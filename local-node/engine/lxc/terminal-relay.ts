import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Terminal } from '../container-engine';

/**
 * Runs a program on a terminal of its own. What is written to it comes as messages on standard input, as the clients of
 * Proxmox VE's terminals send them: "0:LENGTH:BYTES", or "1:COLUMNS:ROWS:" for another size. With the end of its input the
 * terminal hangs up, whoever has ended.
 */
const RELAY = `import fcntl, os, pty, re, signal, struct, sys, termios, threading
child, terminal = pty.fork()
if child == 0:
    os.environ['TERM'] = 'xterm-256color'
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    finally:
        os._exit(127)
HEAD = re.compile(rb'0:(\\d{1,7}):|1:(\\d{1,5}):(\\d{1,5}):')
def messages():
    rest = b''
    while piece := os.read(0, 65536):
        rest += piece
        while head := HEAD.match(rest):
            if head[2]:
                size = struct.pack('HHHH', int(head[3]), int(head[2]), 0, 0)
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
                rest = rest[head.end():]
                continue
            end = head.end() + int(head[1])
            if len(rest) < end:
                break
            typed, rest = rest[head.end():end], rest[end:]
            while typed:
                typed = typed[os.write(terminal, typed):]
def receive():
    try:
        messages()
    except OSError:
        pass
    os.kill(child, signal.SIGHUP)
    os.close(terminal)
threading.Thread(target=receive, daemon=True).start()
try:
    while data := os.read(terminal, 65536):
        while data:
            data = data[os.write(1, data):]
except OSError:
    pass
os._exit(0)
`;

/** A program, started by an argument vector that enters the namespace, on a terminal that this process reads and writes. */
export function terminalOf(
  enter: (argv: readonly string[]) => readonly string[],
  argv: readonly string[],
): Terminal {
  const [file = '', ...args] = enter(['python3', '-ISc', RELAY, ...argv]);
  // Not by zx, which keeps all output in memory: these streams are the terminal's.
  const child = spawn(file, args, {
    cwd: '/',
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined); // the program has ended
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => child.stdout.resume(),
    write: (bytes: Buffer, _encoding, done) => {
      child.stdin.write(`0:${bytes.length}:`);
      if (child.stdin.write(bytes)) done();
      else child.stdin.once('drain', () => done());
    },
    final: (done) => {
      child.stdin.end(done);
    },
    destroy: (fault, done) => {
      child.stdin.destroy();
      done(fault);
    },
  });
  child.stdout.on('data', (bytes: Buffer) => {
    if (!stream.push(bytes)) child.stdout.pause();
  });
  child.stdout.once('end', () => stream.push(null));
  child.on('error', (fault) => stream.destroy(fault));
  return {
    stream,
    resize: (columns, rows) => {
      child.stdin.write(`1:${columns}:${rows}:`);
    },
  };
}
