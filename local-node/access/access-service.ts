import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ApiError } from '../base/api-error';
import type { Caller } from '../base/caller';
import type { Clock } from '../base/clock';
import { readGuardedFile, writeGuardedFile } from '../base/guarded-file';
import { oneLine } from '../formats/control-characters';
import {
  emptyUserConfig,
  newUser,
  parseUserConfig,
  printUserConfig,
  type UserConfig,
} from '../formats/user-config';
import { LoginGuard } from './login-guard';
import { LoginLinks } from './login-links';
import { permissionsOn } from './permissions';
import { csrfTokenFits, equal, hashPassword, makeCsrfToken, makeTicket, ticketUser } from './secrets';

export const ROOT = 'root@pam';
/** Of the key that signs tickets. */
const KEY_BYTES = 32;

export interface AccessServiceOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Password of root@pam, set at start; undefined = it stays as it is. */
  readonly rootPassword?: string;
}

/** Users, tokens, roles, ACLs and pools, kept in etc/pve/user.cfg; secrets apart, in etc/pve/priv. */
export class AccessService {
  /** Read freely; change it only within update(). */
  config: UserConfig = emptyUserConfig();
  private key: Buffer = Buffer.alloc(0);
  private passwords: ReadonlyMap<string, string> = new Map();
  private tokens: ReadonlyMap<string, string> = new Map();
  private writing: Promise<unknown> = Promise.resolve();

  readonly links: LoginLinks;
  private readonly guard: LoginGuard;

  constructor(private readonly options: AccessServiceOptions) {
    this.links = new LoginLinks(options.clock);
    this.guard = new LoginGuard(options.clock);
  }

  async start(): Promise<void> {
    this.config = (await this.read('user.cfg', parseUserConfig)) ?? emptyUserConfig();
    await this.keepRoot();
    await this.readKey();
    this.passwords = new Map(await this.read('priv/shadow.cfg', pairs(':')));
    this.tokens = new Map(await this.read('priv/token.cfg', pairs(' ')));
    const { rootPassword } = this.options;
    if (rootPassword !== undefined) await this.setPassword(ROOT, rootPassword);
  }

  async close(): Promise<void> {
    await this.writing;
  }

  /**
   * Changes the configuration and writes it. If `change` throws, nothing has changed: it works on a copy. Changes
   * happen one after the other.
   */
  async update(change: (config: UserConfig) => void): Promise<void> {
    await this.inTurn(async () => {
      const copy = structuredClone(this.config);
      change(copy);
      const text = printUserConfig(copy);
      if (text === printUserConfig(this.config)) return; // such as a guest leaving no pool
      await writeGuardedFile(this.path('user.cfg'), text);
      this.config = copy;
    });
  }

  /** The caller's privileges on a path; the value tells whether they hold below it too. */
  permissions(caller: Caller, path: string): ReadonlyMap<string, boolean> {
    return permissionsOn(this.config, caller, path);
  }

  /** Has the caller one of `anyOf` on `path`? */
  has(caller: Caller, path: string, anyOf: readonly string[]): boolean {
    const held = this.permissions(caller, path);
    return anyOf.some((privilege) => held.has(privilege));
  }

  /** Throws 403 "Permission check failed (path, A|B)" unless the caller has one of `anyOf` on `path`. */
  check(caller: Caller, path: string, anyOf: readonly string[]): void {
    if (this.has(caller, path, anyOf)) return;
    throw new ApiError(403, `Permission check failed (${path}, ${anyOf.join('|')})`);
  }

  /** The user if the password is right; undefined in every other case. Throws 429 for who tries too many. */
  async login(userId: string, password: string): Promise<Caller | undefined> {
    const hash = () => (this.usable(userId) ? this.passwords.get(userId) : undefined);
    return (await this.guard.fits(userId, password, hash)) && this.usable(userId) ? { userId } : undefined;
  }

  ticket(userId: string): { ticket: string; csrfToken: string } {
    const now = this.seconds();
    return { ticket: makeTicket(this.key, userId, now), csrfToken: makeCsrfToken(this.key, userId, now) };
  }

  /** The caller of a ticket; undefined if it is not valid. */
  ticketCaller(ticket: string): Caller | undefined {
    const userId = ticketUser(this.key, ticket, this.seconds());
    return userId !== undefined && this.usable(userId) ? { userId } : undefined;
  }

  csrfTokenFits(token: string, caller: Caller): boolean {
    return csrfTokenFits(this.key, token, caller.userId, this.seconds());
  }

  /** The caller of an API token (user@realm!id=secret). Throws 401 with what is wrong with it. */
  tokenCaller(text: string): Caller {
    const [, userId = '', tokenId = '', secret = ''] = /^([^!=]+)!([^!=]+)=(.+)$/.exec(text) ?? [];
    const token = this.config.users.get(userId)?.tokens.get(tokenId);
    const expected = this.tokens.get(`${userId}!${tokenId}`);
    if (!token || expected === undefined || !this.usable(userId)) throw new ApiError(401, 'no such token');
    if (!equal(Buffer.from(secret), Buffer.from(expected))) throw new ApiError(401, 'invalid token value!');
    if (token.expire > 0 && token.expire < this.seconds()) throw new ApiError(401, 'token expired');
    return { userId, tokenId };
  }

  async setPassword(userId: string, password: string): Promise<void> {
    await this.inTurn(async () => {
      await this.writePasswords(new Map(this.passwords).set(userId, await hashPassword(password)));
    });
  }

  /** Makes the secret of a token that is in the configuration; it is shown this one time. */
  async newTokenSecret(userId: string, tokenId: string): Promise<string> {
    const secret = randomUUID();
    await this.inTurn(async () => {
      await this.writeTokens(new Map(this.tokens).set(`${userId}!${tokenId}`, secret));
    });
    return secret;
  }

  /** Forgets the secrets of what is no longer in the configuration. */
  async forgetSecrets(): Promise<void> {
    await this.inTurn(async () => {
      const { users } = this.config;
      const passwords = new Map([...this.passwords].filter(([userId]) => users.has(userId)));
      if (passwords.size < this.passwords.size) await this.writePasswords(passwords);
      const named = ([name]: [string, string]) => {
        const [userId = '', tokenId = ''] = name.split('!');
        return users.get(userId)?.tokens.has(tokenId) === true;
      };
      const tokens = new Map([...this.tokens].filter(named));
      if (tokens.size < this.tokens.size) await this.writeTokens(tokens);
    });
  }

  /**
   * The lab's own token root@pam!lab=secret, the same at every start; made if absent. For the connection file.
   */
  async labToken(): Promise<string> {
    const known = this.tokens.get(`${ROOT}!lab`);
    const token = this.config.users.get(ROOT)?.tokens.get('lab');
    const good = token?.expire === 0 && !token.privsep;
    if (token && !good) this.options.logger.warn(`${ROOT}'s token lab did not open all; now it does again`);
    if (!good) {
      await this.update((config) => {
        config.users.get(ROOT)?.tokens.set('lab', { expire: 0, privsep: false, comment: 'the lab itself' });
      });
    }
    if (token && known !== undefined) return `${ROOT}!lab=${known}`;
    return `${ROOT}!lab=${await this.newTokenSecret(ROOT, 'lab')}`;
  }

  /** Without root@pam nobody could ever change anything again. */
  private async keepRoot(): Promise<void> {
    if (this.usable(ROOT)) return;
    if (this.config.users.has(ROOT)) {
      this.options.logger.warn(`${ROOT} was disabled or had expired; it is enabled again`);
    }
    await this.update((config) => {
      const root = config.users.get(ROOT) ?? newUser();
      config.users.set(ROOT, { ...root, enable: true, expire: 0 });
    });
  }

  private usable(userId: string): boolean {
    const user = this.config.users.get(userId);
    return user?.enable === true && (user.expire === 0 || user.expire > this.seconds());
  }

  private seconds(): number {
    return this.options.clock.now() / 1000;
  }

  private path(name: string): string {
    return join(this.options.stateDir, 'etc', 'pve', name);
  }

  private read<T>(name: string, parse: (text: string) => T): Promise<T | undefined> {
    return readGuardedFile(this.path(name), parse, this.options.logger);
  }

  private async readKey(): Promise<void> {
    const known = await this.read('priv/authkey.key', parseKey);
    this.key = known ?? randomBytes(KEY_BYTES);
    if (!known) await writeGuardedFile(this.path('priv/authkey.key'), `${this.key.toString('base64')}\n`);
  }

  /** What is known changes only once it is on disk. */
  private async writePasswords(passwords: ReadonlyMap<string, string>): Promise<void> {
    await this.writePairs('priv/shadow.cfg', passwords, ':');
    this.passwords = passwords;
  }

  private async writeTokens(tokens: ReadonlyMap<string, string>): Promise<void> {
    await this.writePairs('priv/token.cfg', tokens, ' ');
    this.tokens = tokens;
  }

  private async writePairs(name: string, map: ReadonlyMap<string, string>, sign: string): Promise<void> {
    const lines = [...map].map(([key, value]) => `${oneLine(name, key)}${sign}${oneLine(name, value)}\n`);
    await writeGuardedFile(this.path(name), lines.join(''));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.writing.then(work);
    this.writing = mine.catch(() => {});
    return mine;
  }
}

/** Throws if a line holds no pair. */
function pairs(sign: string): (text: string) => [string, string][] {
  return (text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line, index) => {
        const at = line.indexOf(sign);
        if (at < 1 || at === line.length - 1) throw new Error(`line ${index + 1} is cut off`);
        return [line.slice(0, at), line.slice(at + 1)];
      });
}

function parseKey(text: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`a key of ${key.length} bytes, not ${KEY_BYTES}`);
  return key;
}
