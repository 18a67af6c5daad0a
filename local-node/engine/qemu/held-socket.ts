import { closeSync, constants, fstatSync, openSync } from 'node:fs';

/** Of Linux, for all of Debian's architectures; Node.js has no name for it. */
const O_PATH = 0o10000000;

/**
 * A Unix socket that was there once, whatever lies in its place by now: a QEMU that a guest has taken over can put a
 * link to another socket there, to which the node would then speak. The path by which it is reached is short, also
 * where the state directory's is longer than the 107 bytes that the kernel allows.
 */
export class HeldSocket {
  private open = true;

  private constructor(private readonly descriptor: number) {}

  /** Throws if there is no socket. */
  static hold(path: string): HeldSocket {
    const descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW);
    if (fstatSync(descriptor).isSocket()) return new HeldSocket(descriptor);
    closeSync(descriptor);
    throw new Error(`${path} is no socket`);
  }

  /** Throws once it is closed: the descriptor may be another file's by then. */
  get path(): string {
    if (!this.open) throw new Error('the socket is held no more');
    return `/proc/self/fd/${this.descriptor}`;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.descriptor);
  }
}
