import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockIsCurrent } from '../../setup/provider-lock';

const directory = mkdtempSync(join(tmpdir(), 'provider-lock-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A file that was written at that time, seconds. */
function file(name: string, content: string, time: number): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  utimesSync(path, time, time);
  return path;
}

test("Terraform's lock file is made again for another version and for a provider that was built after it", () => {
  const lock = file('lock', 'provider "bpg/proxmox" {\n  version     = "0.111.0"\n}', 1000);
  const provider = (time: number) => file('provider', '', time);
  expect(lockIsCurrent(lock, provider(999), '0.111.0')).toBe(true);
  expect(lockIsCurrent(lock, provider(1001), '0.111.0')).toBe(false);
  expect(lockIsCurrent(lock, undefined, '0.111.0')).toBe(true);
  expect(lockIsCurrent(lock, undefined, '0.112.0')).toBe(false);
  expect(lockIsCurrent(join(directory, 'none'), undefined, '0.111.0')).toBe(false);
});
