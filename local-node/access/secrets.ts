import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Passwords and tickets. */

const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
const NOBODY = `$scrypt$${Buffer.alloc(16).toString('base64url')}$${Buffer.alloc(KEY_BYTES).toString('base64url')}`;
/** Seconds a ticket is good for, as in Proxmox VE. */
const TICKET_SECONDS = 2 * 60 * 60;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return `$scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Costs the same without a hash, which nothing fits: who measures does not learn which users there are. */
export async function passwordFits(password: string, hash = NOBODY): Promise<boolean> {
  const [, scheme, salt = '', expected = ''] = hash.split('$');
  const key = await derive(password, Buffer.from(salt, 'base64url'));
  return scheme === 'scrypt' && hash !== NOBODY && equal(key, Buffer.from(expected, 'base64url'));
}

/** Off the event loop: it takes tens of milliseconds. */
function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, SCRYPT, (fault, key) => (fault ? reject(fault) : resolve(key)));
  });
}

/** "PVE:user@realm:HEXTIME::signature", signed with the node's own key; time in seconds since the epoch. */
export function makeTicket(key: Buffer, userId: string, now: number): string {
  const plain = `PVE:${userId}:${Math.floor(now).toString(16).toUpperCase().padStart(8, '0')}`;
  return `${plain}::${sign(key, plain)}`;
}

/** The user of a ticket; undefined if it is forged, malformed or too old. */
export function ticketUser(key: Buffer, ticket: string, now: number): string | undefined {
  const [plain = '', signature = ''] = ticket.split('::');
  const [, userId, time] = /^PVE:([^:]+):([0-9A-F]{8})$/.exec(plain) ?? [];
  if (!userId || !time || !equal(Buffer.from(signature), Buffer.from(sign(key, plain)))) return undefined;
  const age = now - Number.parseInt(time, 16);
  return age > -300 && age < TICKET_SECONDS ? userId : undefined;
}

export function makeCsrfToken(key: Buffer, userId: string, now: number): string {
  const time = Math.floor(now).toString(16).toUpperCase().padStart(8, '0');
  return `${time}:${sign(key, `csrf:${time}:${userId}`)}`;
}

export function csrfTokenFits(key: Buffer, token: string, userId: string, now: number): boolean {
  const [time = '', signature = ''] = token.split(':');
  const age = now - Number.parseInt(time, 16);
  if (!equal(Buffer.from(signature), Buffer.from(sign(key, `csrf:${time}:${userId}`)))) return false;
  return age > -300 && age < TICKET_SECONDS;
}

/** Compares in a time that does not depend on where they differ. */
export function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}
