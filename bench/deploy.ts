/**
 * What the lab costs beyond its guests: the time of `cdktf deploy` until every application answers, against the same
 * images booted by bare QEMU commands at once until their pages come. Both in one run, so that the machine is the same.
 *
 *   npx tsx bench/deploy.ts        needs the guest template; the local node must be down and no lab deployed
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { guestUserData, roleVendorData } from '../cloud-init/render';
import { connectionFile, loadLab, loadRole, repositoryRoot } from '../config';
import { applicationAddress } from '../config/application-address';
import type { Guest, Lab } from '../config/lab';
import { hasKvm } from '../local-node/engine/host-devices';
import { run, start } from '../machine/command';
import { macAddress } from '../stacks/guest';
import { templateFile } from '../template/template';

const FIRST_PORT = 18_080;
const LIMIT_SECONDS = 900;

async function bare(lab: Lab, directory: string): Promise<number> {
  const begin = performance.now();
  const machines = await Promise.all(
    lab.guests.map((guest, index) => boot(lab, guest, FIRST_PORT + index, directory)),
  );
  try {
    await Promise.all(lab.guests.map((guest, index) => answered(guest, FIRST_PORT + index)));
    return (performance.now() - begin) / 1000;
  } finally {
    for (const { child } of machines) child?.kill('SIGKILL');
  }
}

/** One guest as the local node would run it, but with QEMU's own network and nothing around it. */
async function boot(
  lab: Lab,
  guest: Guest,
  port: number,
  directory: string,
): Promise<{ readonly child: ChildProcess | undefined }> {
  const disk = join(directory, `${guest.name}.qcow2`);
  const seed = join(directory, `${guest.name}.iso`);
  const backing = ['-F', 'qcow2', '-b', templateFile(process.env).path];
  await run(['qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, disk, `${guest.diskGiB}G`]);
  const volume = ['-quiet', '-o', seed, '-V', 'cidata', '-r', '-J'];
  await run(['genisoimage', ...volume, ...seedFiles(lab, guest, directory)]);
  const { cidr, gateway } = lab.networks.servers;
  const network = `user,id=net0,net=${cidr},host=${gateway},hostfwd=tcp:127.0.0.1:${port}-${guest.address}:80`;
  const { child } = start(
    [
      ['qemu-system-x86_64'],
      ['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none'],
      ['-machine', 'pc,hpet=off,usb=off,vmport=off', ...acceleration()],
      ['-smp', String(guest.cores), '-m', `${guest.memoryMiB}M`],
      ['-device', 'virtio-rng-pci', '-device', 'virtio-scsi-pci,id=scsi'],
      ['-drive', `file=${disk},if=none,id=disk,format=qcow2,cache=unsafe`, '-device', 'scsi-hd,drive=disk'],
      [
        '-drive',
        `file=${seed},if=none,id=seed,format=raw,media=cdrom,readonly=on`,
        '-device',
        'ide-cd,drive=seed',
      ],
      ['-netdev', network, '-device', `virtio-net-pci,netdev=net0,mac=${macAddress(guest.vmid)},romfile=`],
      ['-chardev', `file,id=console,path=${join(directory, `${guest.name}.log`)}`],
      ['-device', 'isa-serial,chardev=console'],
    ].flat(),
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return { child };
}

function acceleration(): string[] {
  return hasKvm()
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max'];
}

function seedFiles(lab: Lab, guest: Guest, directory: string): string[] {
  const { name, address } = guest;
  const { cidr, gateway } = lab.networks.servers;
  const network = {
    version: 1,
    config: [
      {
        type: 'physical',
        name: 'eth0',
        mac_address: macAddress(guest.vmid).toLowerCase(),
        subnets: [{ type: 'static', address: `${address}/${cidr.split('/')[1]}`, gateway }],
      },
    ],
  };
  const files = {
    'user-data': guestUserData({
      ...{ title: loadRole(guest).title, name, address, requireApplication: false },
      forwarded: applicationAddress(lab, guest, loadRole(guest)).onThisMachine,
    }),
    'vendor-data': roleVendorData(loadRole(guest)),
    'meta-data': `instance-id: bench-${name}\nlocal-hostname: ${name}\n`,
    // JSON is YAML.
    'network-config': JSON.stringify(network),
  };
  const place = mkdtempSync(join(directory, `${name}-`));
  return Object.entries(files).map(([file, text]) => {
    writeFileSync(join(place, file), text);
    return join(place, file);
  });
}

/** Until the application's page carries its title, or the page that says why it is not installed. */
async function answered(guest: Guest, port: number): Promise<void> {
  const { title, frontPage } = loadRole(guest);
  const deadline = performance.now() + LIMIT_SECONDS * 1000;
  while (performance.now() < deadline) {
    const text = await page(`http://127.0.0.1:${port}${frontPage}`, guest.address);
    if (text.includes(title) || /is not installed/.test(text)) return;
    // Seldom enough that asking costs the busy guest nothing that counts.
    await sleep(2_000);
  }
  throw new Error(`${guest.name} did not answer within ${LIMIT_SECONDS} s`);
}

async function page(url: string, host: string): Promise<string> {
  try {
    const answer = await request(url, { headers: { host }, headersTimeout: 5_000, bodyTimeout: 5_000 });
    return await answer.body.text();
  } catch {
    return '';
  }
}

/** cdktf deploy from a node that is up and empty, until it ends by itself. */
async function deployed(): Promise<number> {
  const npm = async (args: readonly string[]): Promise<void> => {
    const { ok } = await start(['npm', ...args], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!ok) throw new Error(`npm ${args.join(' ')} failed: see above`);
  };
  await npm(['run', '-s', 'node', '--', 'up']);
  try {
    const begin = performance.now();
    await npm(['exec', '--', 'cdktf', 'deploy', '--auto-approve']);
    const seconds = (performance.now() - begin) / 1000;
    await npm(['exec', '--', 'cdktf', 'destroy', '--auto-approve']);
    return seconds;
  } finally {
    await npm(['run', '-s', 'node', '--', 'down']);
  }
}

async function main(): Promise<void> {
  if (existsSync(connectionFile(process.env))) throw new Error('take the local node down first');
  const lab = loadLab();
  const directory = mkdtempSync(join(tmpdir(), 'bench-deploy-'));
  try {
    const bareSeconds = await bare(lab, directory);
    console.log(
      `bare QEMU, ${lab.guests.length} guests at once: ${bareSeconds.toFixed(1)} s until all answer`,
    );
    const deploySeconds = await deployed();
    console.log(`cdktf deploy:                     ${deploySeconds.toFixed(1)} s until all answer`);
    console.log(`ratio ${(deploySeconds / bareSeconds).toFixed(2)} (goal: at most 1.25)`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
