import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { ServerChannel } from 'ssh2';

/** Milliseconds between the request to end and the end, for what runs on a channel that was closed. */
const GRACE = 2_000;

/** What a command over SSH gets to see; nothing of the node's own environment reaches it. */
const ENVIRONMENT = {
  // The node's own programs first (command-line/server.ts).
  PATH: '/run/pve-lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
};

/**
 * Runs a command line of an SSH client and connects it to the channel. `enter` wraps an argument vector so that it runs
 * in the node's namespace. Streams are piped, so that a slow reader slows the command down instead of filling memory.
 * Bash, which takes the channel for a remote shell's, is kept from the user's .bashrc. A client that closes the channel ends the command with everything in its process group.
 */
export function runCommand(
  channel: ServerChannel,
  command: string,
  enter: (argv: readonly string[]) => string[],
): void {
  const [file = '', ...args] = enter(['/bin/bash', '--norc', '-c', command]);
  // Not by zx, which keeps all output in memory: these streams are the channel's, for as long as the client likes.
  const child = spawn(file, args, {
    detached: true,
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const signalGroup = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // All of the group have ended.
    }
  };
  let ended = false;

  channel.pipe(child.stdin);
  child.stdin.on('error', () => channel.unpipe(child.stdin));
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });

  channel.on('signal', (name: string) => {
    const signal = `SIG${name}`;
    if (Object.hasOwn(constants.signals, signal)) signalGroup(signal as NodeJS.Signals);
  });
  channel.on('error', () => {
    // 'close' follows.
  });
  channel.on('close', () => {
    if (ended) return;
    signalGroup('SIGTERM');
    setTimeout(() => signalGroup('SIGKILL'), GRACE).unref();
  });

  child.on('error', (error) => {
    ended = true;
    channel.stderr.write(`${file}: ${error.message}\n`);
    channel.exit(127);
    channel.close();
  });
  // 'close' comes when the output is read to its end too, 'exit' would cut it off.
  child.on('close', (code, signal) => {
    ended = true;
    if (signal) channel.exit(signal.replace(/^SIG/, ''), false, '');
    else channel.exit(code ?? 255);
    // The command has ended even if the client never ends its input. All that was written goes out before.
    channel.stderr.end(() => channel.end(() => channel.close()));
  });
}
