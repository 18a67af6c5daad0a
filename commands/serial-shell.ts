import { InputError } from '../config';
import { sshOfNode } from '../config/ssh-of-node';
import { NodeShell } from '../proxmox/node-shell';
import type { GuestAtHand } from './guests';

/** Ctrl-], by which telnet and virsh leave a console too. */
const LEAVE = 0x1d;

/** Of the program in the guest; one at a time. */
const UNIT = 'lab-shell';

/** What the guest sends when its shell has ended: an escape sequence that shows nothing. */
const END = '\u001b]lab-shell-ended\u0007';

/**
 * On the node: the guest's serial socket, joined with standard input and output. Only a socket is opened, and no link to
 * one: a QEMU that a guest has taken over could put one there.
 */
const RELAY = `import os, socket, stat, sys, threading
vmid = sys.argv[1]
for path in (f'/run/qemu-server/{vmid}/{vmid}.serial0', f'/run/qemu-server/{vmid}.serial0'):
    try:
        held = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        continue
    if stat.S_ISSOCK(os.fstat(held).st_mode):
        break
else:
    sys.exit(f'guest {vmid} has no serial console on its node; one that was started by an earlier version gets it when it is started again')
console = socket.socket(socket.AF_UNIX)
console.connect(f'/proc/self/fd/{held}')
print('joined', file=sys.stderr, flush=True)
def send():
    while data := os.read(0, 4096):
        console.sendall(data)
    console.shutdown(socket.SHUT_RDWR)
threading.Thread(target=send, daemon=True).start()
while data := console.recv(4096):
    while data:
        data = data[os.write(1, data):]
`;

/** In a container: a shell on a terminal of its own, joined with standard input and output. */
const CONTAINER_SHELL = `import os, pty, sys
os.chdir('/root')
os.environ.update(HOME='/root', TERM='xterm')
print('joined', file=sys.stderr, flush=True)
pty.spawn(['/bin/sh', '-c', f'stty sane rows {sys.argv[1]} cols {sys.argv[2]}; exec bash -l'])
`;

/**
 * A root shell on the guest's serial console, in this terminal; in a container on a terminal that is made for it, since it
 * has no serial console. The VM's agent starts it, so that nobody logs in; the console
 * itself carries it, with line editing and full-screen programs, and needs no network.
 */
export async function serialShell({ lab, guest, target, access }: GuestAtHand): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY) {
    throw new InputError(
      `a shell needs a terminal; give a command: npm run shell -- ${guest.name} -- COMMAND`,
    );
  }
  const shell = await NodeShell.connect(sshOfNode(target.ssh, lab, guest.node));
  try {
    const isVm = guest.kind === 'vm';
    const size = [stdout.rows || 24, stdout.columns || 80] as const;
    const inside = ['pct', 'exec', String(guest.vmid), '--', 'python3', '-ISc', CONTAINER_SHELL];
    const relay = await shell.start(
      isVm ? ['python3', '-ISc', RELAY, String(guest.vmid)] : [...inside, ...size.map(String)],
    );
    const said = await firstWords(relay.stderr);
    if (said.trim() !== 'joined')
      throw new Error(`${guest.name}: ${said.trim() || 'its console cannot be had'}`);
    if (isVm) {
      const begun = await access.exec(startCommand(...size));
      if (begun.exitCode !== 0)
        throw new Error(`${guest.name}: no shell: ${begun.stderr.trim()}${taken(guest.name)}`);
    }
    console.error(`A shell ${isVm ? 'on the console of' : 'in'} ${guest.name}; Ctrl-] leaves it.`);
    stdin.setRawMode(true);
    const left = new Promise<void>((resolve) => {
      let tail = '';
      relay.stdout.on('data', (chunk: Buffer) => {
        stdout.write(chunk);
        tail = (tail + chunk.toString('latin1')).slice(-2 * END.length);
        if (tail.includes(END)) resolve();
      });
      stdin.on('data', (chunk: Buffer) => {
        if (chunk.includes(LEAVE)) resolve();
        else relay.stdin.write(chunk);
      });
      void relay.ended.then(() => resolve());
    });
    await left;
    relay.kill();
    if (isVm) await access.exec(['systemctl', 'stop', '--no-block', UNIT]).catch(() => undefined);
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    shell.close();
  }
}

/** Takes the port from a login prompt, if the image has one there, and gives it back. */
export function startCommand(rows: number, columns: number): string[] {
  const script = `stty sane rows ${rows} cols ${columns}; cd /root; HOME=/root bash -l; printf '\\033]lab-shell-ended\\007'`;
  const properties = {
    StandardInput: 'tty-force',
    StandardOutput: 'tty',
    StandardError: 'tty',
    TTYPath: '/dev/ttyS0',
    Conflicts: 'serial-getty@ttyS0.service',
    ExecStopPost: '-/usr/bin/systemctl start --no-block serial-getty@ttyS0.service',
  };
  return [
    ...['systemd-run', '--quiet', '--collect', `--unit=${UNIT}`, '--setenv=TERM=xterm'],
    ...Object.entries(properties).map(([name, value]) => `--property=${name}=${value}`),
    ...['/bin/sh', '-c', script],
  ];
}

function taken(name: string): string {
  return `\nIf it is that one is there already, of somebody else or left behind: npm run shell -- ${name} -- systemctl stop ${UNIT}`;
}

function firstWords(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    stream.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    stream.once('end', () => resolve(''));
  });
}
