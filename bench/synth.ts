/**
 * Seconds to synthesize the lab with 3 and with 1,000 guests, the whole program from start to exit: what `cdktf deploy`
 * waits for before Terraform begins. Targets: 1 s and 3 s.
 *
 *   npx tsx bench/synth.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../config';
import { programEnvironment, run } from '../machine/command';
import { labWith } from './lab-file';

const repeats = 5;

const directory = mkdtempSync(join(tmpdir(), 'bench-synth-'));
async function main(): Promise<void> {
  for (const count of [3, 1000]) {
    const file = join(directory, `lab-${count}.yaml`);
    writeFileSync(file, labWith(count));
    const seconds: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const begin = performance.now();
      await run([process.execPath, '--import', 'tsx', join(repositoryRoot, 'main.ts')], {
        cwd: repositoryRoot,
        env: programEnvironment({ LAB_FILE: file, CDKTF_OUTDIR: join(directory, `out-${count}`) }),
      });
      seconds.push((performance.now() - begin) / 1000);
    }
    seconds.sort((a, b) => a - b);
    const shown = seconds.map((value) => value.toFixed(2)).join(' ');
    console.log(
      `${count} guests: median ${seconds[Math.floor(repeats / 2)]?.toFixed(2)} s of ${repeats} (${shown})`,
    );
  }
}

main().finally(() => rmSync(directory, { recursive: true, force: true }));
