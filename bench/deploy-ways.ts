/**
 * What each way to give guests their disks takes (images.deploy of lab.yaml): seconds of a deployment until all VMs run
 * and until all applications answer, seconds to destroy, and bytes that the storages hold. On a local node of real
 * guests, one lab at a time; the ways take turns, so that a busy hour of the machine meets them all.
 *
 *   npx tsx bench/deploy-ways.ts [--repetitions 3] [--file FILE]     some minutes each; one JSON object a line
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import { run } from '../machine/command';
import { LabCopy } from '../test/e2e/lab-copy';

const WAYS = ['import', 'linked-clone', 'full-clone'] as const;

/** One deployment and its end; seconds and bytes. */
interface Deployment {
  readonly way: (typeof WAYS)[number];
  readonly repetition: number;
  readonly runningSeconds: number;
  readonly readySeconds: number;
  readonly destroySeconds: number;
  /** Allocated on disk, images and disks, when all VMs run, when all are ready, and what the image alone takes. */
  readonly runningBytes: number;
  readonly readyBytes: number;
  readonly imageBytes: number;
  /** The machine's load in the minute before: others may use it. */
  readonly loadBefore: number;
}

async function allocated(directory: string): Promise<number> {
  const said = await run(['du', '--summarize', '--block-size=1', directory]);
  return Number(said.split('\t')[0]);
}

/** Until Terraform has made the last VM, as its own lines say. */
async function untilRunning(output: () => string, vms: number, ended: () => boolean): Promise<void> {
  while (!ended()) {
    const made = output().match(/proxmox_virtual_environment_vm\.guest-\S+: Creation complete/g);
    if (made && made.length >= vms) return;
    await sleep(200);
  }
}

async function deployment(
  lab: LabCopy,
  way: Deployment['way'],
  repetition: number,
  vms: number,
): Promise<Deployment> {
  const file = join(lab.directory, 'lab.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  document.setIn(['images', 'deploy'], way);
  document.setIn(['images', 'templateVmid'], 9000);
  writeFileSync(file, String(document));
  const storages = join(lab.state, 'storage');
  const loadBefore = loadavg()[0] ?? 0;
  let output = '';
  const begin = performance.now();
  const deploy = lab.npm(['exec', '--', 'cdktf', 'deploy', '--auto-approve']);
  let over = false;
  deploy.child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  void deploy.ended.then(() => {
    over = true;
  });
  await untilRunning(
    () => output,
    vms,
    () => over,
  );
  const runningSeconds = (performance.now() - begin) / 1000;
  const runningBytes = await allocated(storages);
  const { code } = await deploy.ended;
  if (code !== 0) throw new Error(`the deployment by ${way} ended with ${code}`);
  const readySeconds = (performance.now() - begin) / 1000;
  const readyBytes = await allocated(storages);
  const imageBytes = await allocated(join(storages, 'local'));
  const last = performance.now();
  const destroy = await lab.npm(['exec', '--', 'cdktf', 'destroy', '--auto-approve']).ended;
  if (destroy.code !== 0) throw new Error(`the destroy after ${way} ended with ${destroy.code}`);
  const destroySeconds = (performance.now() - last) / 1000;
  const times = { runningSeconds, readySeconds, destroySeconds };
  return { way, repetition, ...times, runningBytes, readyBytes, imageBytes, loadBefore };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { repetitions: { type: 'string', default: '3' }, file: { type: 'string' } },
  });
  const lab = new LabCopy(19_008, 19_014, 'real');
  try {
    const up = await lab.npm(['run', '-s', 'node', '--', 'up']).ended;
    if (up.code !== 0) throw new Error('the local node did not come up');
    for (let repetition = 1; repetition <= Number(values.repetitions); repetition += 1) {
      for (const way of WAYS) {
        const line = `${JSON.stringify(await deployment(lab, way, repetition, 3))}\n`;
        process.stdout.write(line);
        if (values.file) appendFileSync(values.file, line);
      }
    }
  } finally {
    await lab.remove();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
