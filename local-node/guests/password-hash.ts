/**
 * SHA-256 crypt ("$5$salt$hash"), the form in which Proxmox VE keeps a guest's password, so that no configuration file
 * and no cloud-init drive holds the password itself.
 * Source of the algorithm: U. Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6; 5000 rounds.
 */
import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 5000;
const SIZE = 32;

export function hashPassword(password: string, salt = randomSalt()): string {
  const key = Buffer.from(password, 'utf8');
  const seasoning = Buffer.from(salt, 'utf8');

  const alternate = sha256(key, seasoning, key);
  const first: Buffer[] = [key, seasoning, repeat(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) first.push(bits & 1 ? alternate : key);
  let digest = sha256(...first);

  const keySequence = repeat(sha256(...Array<Buffer>(key.length).fill(key)), key.length);
  const times = 16 + (digest[0] ?? 0);
  const saltSequence = repeat(sha256(...Array<Buffer>(times).fill(seasoning)), seasoning.length);
  for (let round = 0; round < ROUNDS; round += 1) {
    const parts = [round & 1 ? keySequence : digest];
    if (round % 3 !== 0) parts.push(saltSequence);
    if (round % 7 !== 0) parts.push(keySequence);
    parts.push(round & 1 ? digest : keySequence);
    digest = sha256(...parts);
  }
  return `$5$${salt}$${encode(digest)}`;
}

/** Three bytes, of which each starts a third of the digest further on, become four characters. */
function encode(digest: Buffer): string {
  let text = '';
  for (let index = 0; index < 10; index += 1) {
    const order = [0, 10, 20].map((start) => start + index);
    const turned = [
      ...order.slice(index % 3 === 0 ? 0 : 3 - (index % 3)),
      ...order.slice(0, (3 - (index % 3)) % 3),
    ];
    const [a = 0, b = 0, c = 0] = turned.map((at) => digest[at] ?? 0);
    text += characters((a << 16) | (b << 8) | c, 4);
  }
  return text + characters(((digest[31] ?? 0) << 8) | (digest[30] ?? 0), 3);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]).join('');
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeat(block: Buffer, length: number): Buffer {
  return Buffer.concat(Array<Buffer>(Math.ceil(length / SIZE)).fill(block)).subarray(0, length);
}

function randomSalt(): string {
  return [...randomBytes(8)].map((byte) => ALPHABET[byte & 63]).join('');
}
