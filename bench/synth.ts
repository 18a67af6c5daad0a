/**
 * Seconds to synthesize the lab with 3 and with 1,000 guests, the whole program from start to exit: what `cdktf deploy`
 * waits for before Terraform begins. Targets: 1 s and 3 s.
 *
 *   npx tsx bench/synth.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { repositoryRoot } from '../config';
import { programEnvironment, run } from '../machine/command';

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
