/**
 * Seconds to apply N guests on the local node, with simulated guests, and on fakepve of PyPI, an API with nothing behind
 * it whose tasks take no time: the same configuration and provider, in turns of one run. Goal: the local node is no
 * slower. Each turn begins with an empty node; a destroy on fakepve does not end with this provider.
 *
 *   npx tsx bench/fakepve.ts [guests, default 50] [turns, default 3]        needs Python's venv, and PyPI
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { run, start } from '../machine/command';
import { ProviderLab } from '../test/contract/provider/provider-lab';

const VERSION = '0.5.0';
const PORT = 18_506;

function guests(count: number, node: string): string {
  return `
resource "proxmox_virtual_environment_vm" "guest" {
  count           = ${count}
  node_name       = "${node}"
  vm_id           = 1000 + count.index
  name            = "guest-\${count.index}"
  scsi_hardware   = "virtio-scsi-single"
  stop_on_destroy = true
  memory {
    dedicated = 1024
  }
  disk {
    datastore_id = "local-lvm"
    interface    = "scsi0"
    size         = 8
    file_format  = "raw"
  }
}
`;
}

/** The name, password and certificate that fakepve gives itself; it serves loopback alone. */
const FAKE_PROVIDER = `
terraform {
  required_providers {
    proxmox = { source = "bpg/proxmox" }
  }
}
provider "proxmox" {
  endpoint = "https://127.0.0.1:${PORT}"
  username = "root@pam"
  password = "secret"
  insecure = true
}
`;

const APPLY = ['apply', '-auto-approve', '-parallelism=50'];

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

/** Python's environment with fakepve in it; returns its program. */
async function installFake(directory: string): Promise<string> {
  const environment = join(directory, 'python');
  await run(['python3', '-m', 'venv', environment]);
  await run([join(environment, 'bin/pip'), 'install', '--quiet', `fakepve[crypto]==${VERSION}`]);
  return join(environment, 'bin/fakepve');
}

async function applyOnLocalNode(count: number): Promise<number> {
  const lab = await ProviderLab.start();
  try {
    lab.write(guests(count, 'pve'));
    await lab.terraform(['init']);
    return await seconds(() => lab.terraform(APPLY));
  } finally {
    await lab.close();
  }
}

async function applyOnFake(count: number, program: string, directory: string): Promise<number> {
  const cwd = mkdtempSync(join(directory, 'turn-'));
  writeFileSync(join(cwd, 'main.tf'), `${FAKE_PROVIDER}${guests(count, 'pve1')}`);
  writeFileSync(join(cwd, 'guests.json'), '{"guests": []}');
  const where = ['--host', '127.0.0.1', '--port', String(PORT), '--time-scale', '0'];
  const fake = start([program, ...where, join(cwd, 'guests.json')]);
  try {
    await sleep(2000); // until it listens
    await run(['terraform', 'init'], { cwd });
    return await seconds(() => run(['terraform', ...APPLY], { cwd, timeout: 100_000 }));
  } finally {
    fake.child?.kill('SIGTERM');
    await fake;
  }
}

async function main(): Promise<void> {
  const [count = 50, turns = 3] = process.argv.slice(2).map(Number);
  const directory = mkdtempSync(join(tmpdir(), 'bench-fakepve-'));
  try {
    const program = await installFake(directory);
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < turns; turn++) {
      ours.push(await applyOnLocalNode(count));
      theirs.push(await applyOnFake(count, program, directory));
    }
    const [our, their] = [median(ours), median(theirs)];
    console.log(
      `apply of ${count} guests, median of ${turns}: local node ${our.toFixed(2)} s, fakepve ${VERSION} ${their.toFixed(2)} s: ratio ${(our / their).toFixed(2)} (goal: at most 1)`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
