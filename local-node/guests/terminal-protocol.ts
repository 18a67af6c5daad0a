/** What a client of Proxmox VE's terminals says: input for the guest, or the new size of the window. */
export type TerminalMessage =
  | { readonly kind: 'input'; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'alive' };

/** Longer than any line that a client may begin with: the user's name and a ticket. */
const LONGEST_LOGIN = 4096;
/** Longest piece of input, bytes; a client that pastes more sends several. */
const LONGEST_INPUT = 1 << 20;

/**
 * Reads the client's side of a terminal, whose messages need not agree with the pieces in which it comes: a first line
 * "USER:TICKET", then "0:LENGTH:BYTES" (input), "1:COLUMNS:ROWS:" (size) and "2" (keep-alive).
 * Source: what a Proxmox VE 9.1 answers to its own client.
 */
export class TerminalReader {
  private rest: Buffer = Buffer.alloc(0);
  private loggedIn = false;

  /**
   * @returns the first line, once it is whole, and the messages after it
   * @throws Error where it is not that protocol
   */
  read(piece: Buffer): { readonly login?: string; readonly messages: readonly TerminalMessage[] } {
    this.rest = Buffer.concat([this.rest, piece]);
    const login = this.loggedIn ? undefined : this.login();
    const messages: TerminalMessage[] = [];
    while (this.loggedIn) {
      const message = this.next();
      if (!message) break;
      messages.push(message);
    }
    return login === undefined ? { messages } : { login, messages };
  }

  private login(): string | undefined {
    const end = this.rest.indexOf('\n');
    if (end > LONGEST_LOGIN || (end < 0 && this.rest.length > LONGEST_LOGIN)) {
      throw new Error('the first line of a terminal is no user and ticket');
    }
    if (end < 0) return undefined;
    const line = this.take(end + 1).toString();
    this.loggedIn = true;
    return line.trimEnd();
  }

  private next(): TerminalMessage | undefined {
    const kind = String.fromCharCode(this.rest[0] ?? 0);
    if (this.rest.length === 0) return undefined;
    if (kind === '2') {
      this.take(1);
      return { kind: 'alive' };
    }
    const head = this.rest.subarray(0, 32).toString('latin1');
    const resize = /^1:(\d{1,5}):(\d{1,5}):/.exec(head);
    if (resize) {
      this.take(resize[0].length);
      return { kind: 'resize', columns: Number(resize[1]), rows: Number(resize[2]) };
    }
    const input = /^0:(\d{1,7}):/.exec(head);
    if (input) {
      const length = Number(input[1]);
      if (length > LONGEST_INPUT) throw new Error(`a terminal takes ${LONGEST_INPUT} bytes at once`);
      if (this.rest.length < input[0].length + length) return undefined;
      this.take(input[0].length);
      return { kind: 'input', bytes: this.take(length) };
    }
    if (head.length < 32 && /^[01](:\d{0,7}(:\d{0,5})?)?$/.test(head)) return undefined;
    throw new Error('a message of a terminal is neither input, nor a size, nor a keep-alive');
  }

  private take(length: number): Buffer {
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }
}
