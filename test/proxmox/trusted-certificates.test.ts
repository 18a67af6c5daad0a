import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trustedCertificates } from '../../proxmox/trusted-certificates';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trusted-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const certificate = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;

test('as a program written in Go: one file, and every file of the directories, each certificate once', () => {
  const [file, one, two] = ['ca.pem', 'one', 'two'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, `subject=x\n${certificate('A')}\n${certificate('B')}\n`);
  for (const place of [one, two]) mkdirSync(place);
  writeFileSync(join(one, 'c.0'), certificate('C'));
  writeFileSync(join(one, 'again.pem'), certificate('A'));
  writeFileSync(join(two, 'README'), 'no certificate');
  const trusted = trustedCertificates({ caFile: file, caDirectories: [one, two, join(directory, 'none')] });
  expect(trusted).toEqual(['A', 'B', 'C'].map(certificate));
});

test('a file that was given and cannot be read is named with its variable', () => {
  expect(() => trustedCertificates({ caFile: '/nowhere/ca.pem' })).toThrow('/nowhere/ca.pem (SSL_CERT_FILE)');
});

test('where there is no certificate at all Node.js trusts its own', () => {
  const file = join(directory, 'empty.pem');
  writeFileSync(file, '');
  expect(trustedCertificates({ caFile: file, caDirectories: [] })).toBeUndefined();
});
