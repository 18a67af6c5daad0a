/**
 * Seconds to synthesize the lab with 3 and with 1,000 guests, the whole program from start to exit: what `cdktf deploy`
 * waits for before Terraform begins. Targets: 1 s and 3 s.
 *
 *   npx tsx bench/synth.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { repositoryRoot } from '../config';

const repeats = 5;

/** The lab's own file with `count` guests in a network that holds them. */
function labWith(count: number): string {
  const document = parseDocument(readFileSync(join(repositoryRoot, 'lab.yaml'), 'utf8'));
  const network = { bridge: 'vmbr10', cidr: '10.10.0.0/16', gateway: '10.10.0.1' };
  document.setIn(['networks', 'servers'], document.createNode(network));
  const guests = Array.from({ length: count }, (_, index) => ({
    name: `guest${index}`,
    role: ['wordpress', 'moodle', 'mediawiki'][index % 3],
    vmid: 1000 + index,
    address: `10.10.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
  }));
  document.set('guests', document.createNode(guests));
  return String(document);
}

const directory = mkdtempSync(join(tmpdir(), 'bench-synth-'));
try {
  for (const count of [3, 1000]) {
    const file = join(directory, `lab-${count}.yaml`);
    writeFileSync(file, labWith(count));
    const seconds = Array.from({ length: repeats }, () => {
      const start = performance.now();
      execFileSync(process.execPath, ['--import', 'tsx', join(repositoryRoot, 'main.ts')], {
        cwd: repositoryRoot,
        env: { ...process.env, LAB_FILE: file, CDKTF_OUTDIR: join(directory, `out-${count}`) },
      });
      return (performance.now() - start) / 1000;
    }).sort((a, b) => a - b);
    const shown = seconds.map((value) => value.toFixed(2)).join(' ');
    console.log(
      `${count} guests: median ${seconds[Math.floor(repeats / 2)]?.toFixed(2)} s of ${repeats} (${shown})`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
