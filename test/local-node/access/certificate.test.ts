import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, ensureCertificate } from '../../../local-node/access/certificate';

const DAY = 24 * 3600 * 1000;
let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'certificate-'));
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
  rmSync(stateDir, { recursive: true, force: true });
});

function at(time: string): Promise<Certificate> {
  jest.setSystemTime(new Date(time));
  return ensureCertificate(stateDir, 'pve');
}

function path(name: string): string {
  return join(stateDir, 'etc/pve/local', name);
}

/** The two dates as they are in the certificate, by another program than the one that wrote them. */
function encodedDates(file: string): string[] {
  const text = execFileSync('openssl', ['asn1parse', '-in', file], { encoding: 'utf8' });
  return [...text.matchAll(/(?:UTCTIME|GENERALIZEDTIME)\s*:(\S+)/g)].map((match) => match[1] ?? '');
}

test.each([
  ['2025-01-01T00:00:00.000Z'],
  ['2026-03-29T00:59:59.999Z'],
  ['2026-10-25T01:30:00.001Z'],
  ['2026-11-23T03:50:10.500Z'],
  ['2027-12-31T23:59:59.999Z'],
  ['2028-02-29T12:00:00.000Z'],
  ['2030-03-01T00:00:00.000Z'],
  ['2039-12-30T00:00:00.000Z'],
  ['2040-01-15T09:08:07.006Z'],
  ['2050-01-01T00:00:00.000Z'],
  ['2052-02-29T23:59:59.000Z'],
])('a certificate made at %s has dates that every client can read', async (time) => {
  const { certificate, caFile } = await at(time);
  const { validFrom, validTo } = new X509Certificate(certificate);
  expect(Date.parse(validFrom)).toBe(Math.floor((Date.parse(time) - DAY) / 1000) * 1000);
  expect((Date.parse(validTo) - Date.parse(time)) / DAY).toBeCloseTo(3650, 0);
  // RFC 5280, 4.1.2.5: UTCTime up to 2049, GeneralizedTime from 2050 on, both in seconds and in UTC.
  for (const [index, date] of encodedDates(caFile).entries()) {
    const year = new Date(index === 0 ? validFrom : validTo).getUTCFullYear();
    expect(date).toMatch(year < 2050 ? /^\d{12}Z$/ : /^\d{14}Z$/);
  }
  expect(encodedDates(caFile)).toHaveLength(2);
});

test('a good certificate is kept, also by a later start', async () => {
  const first = await at('2026-11-23T00:00:00Z');
  expect((await at('2027-11-23T00:00:00Z')).certificate).toBe(first.certificate);
});

test('a certificate that ends soon, or that a clock in the future made, is made again', async () => {
  const first = await at('2026-11-23T00:00:00Z');
  expect((await at('2036-11-15T00:00:00Z')).certificate).not.toBe(first.certificate);
  const early = await at('2026-11-23T00:00:00Z');
  expect(Date.parse(new X509Certificate(early.certificate).validFrom)).toBeLessThan(Date.now());
});

test('a certificate that a kill left beside another key, or cut off, is made again', async () => {
  const first = await at('2026-11-23T00:00:00Z');
  rmSync(path('pve-ssl.pem'));
  const second = await at('2026-11-23T00:00:00Z');
  writeFileSync(path('pve-ssl.pem'), first.certificate);
  const third = await at('2026-11-23T00:00:00Z');
  expect([first.certificate, second.certificate]).not.toContain(third.certificate);
  writeFileSync(path('pve-ssl.pem'), third.certificate.slice(0, 300));
  const fourth = await at('2026-11-23T00:00:00Z');
  expect(readFileSync(path('pve-ssl.pem'), 'utf8')).toBe(fourth.certificate);
  expect(new X509Certificate(fourth.certificate).checkHost('pve')).toBe('pve');
});

test('it is its own CA for the names and addresses of the node, in the judgement of another program', async () => {
  const { caFile, certificate } = await at('2026-11-23T00:00:00Z');
  expect(new X509Certificate(certificate).publicKey.asymmetricKeyDetails).toEqual({
    namedCurve: 'prime256v1',
  });
  const judged = (...args: readonly string[]) =>
    execFileSync('openssl', ['verify', '-x509_strict', '-attime', '1800000000', ...args, caFile], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  for (const name of ['pve', 'localhost']) {
    expect(judged('-purpose', 'sslserver', '-CAfile', caFile, '-verify_hostname', name)).toContain(': OK');
  }
  for (const address of ['127.0.0.1', '::1']) {
    expect(judged('-CAfile', caFile, '-verify_ip', address)).toContain(': OK');
  }
  expect(() => judged('-CAfile', caFile, '-verify_hostname', 'other')).toThrow('mismatch');
});
