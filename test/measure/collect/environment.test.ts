import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askNode } from '../../../measure/collect/environment';
import { testLab } from './fixtures';
import { LocalShell } from './local-shell';

test('a fact that cannot be had is null and costs none of the others', async () => {
  const programs = mkdtempSync(join(tmpdir(), 'lab-programs-'));
  try {
    // A file that may be executed and is no program.
    writeFileSync(join(programs, 'pveversion'), '\0');
    chmodSync(join(programs, 'pveversion'), 0o755);
    const shell = new LocalShell(['env', `PATH=${programs}:/usr/sbin:/usr/bin:/sbin:/bin`]);
    const { facts } = await askNode(shell, testLab());
    expect(facts.pveManager).toBeNull();
    expect(facts.cpus).toBeGreaterThan(0);
  } finally {
    rmSync(programs, { recursive: true });
  }
});
