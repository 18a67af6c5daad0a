import { existsSync } from 'node:fs';
import { freemem } from 'node:os';
import { connectionFile, loadLab, loadTarget, nodeStateDirectory, usesProxmox } from '../config';
import type { Lab } from '../config/lab';
import { cacheDirectory } from '../config/paths';
import { hasKvm, tunFault, virtualisationFlag } from '../local-node/engine/host-devices';
import { freeBytes, GIB } from '../machine/disk-space';
import { checkTarget } from '../proxmox/check-target';
import { SPACE_NEEDED, type Template, templateFile } from '../template/template';
import { bindingsAreCurrent } from './bindings';
import { mirroredProvider, providerVersion, registryAnswers, terraformCommand } from './provider';
import { providerLockIsCurrent } from './provider-lock';
import { CHROMIUM_REMEDY, findCommand, missingTools, type Purpose, uplinkTool } from './system-packages';

/** One thing that was looked at. `remedy` is what to do about it, for all but ok. */
export interface Finding {
  readonly subject: string;
  /** warning: works without it, but less well or for less. */
  readonly state: 'ok' | 'warning' | 'missing';
  readonly found: string;
  readonly remedy?: string;
}

/** Looks at everything that the commands need; changes nothing. */
export async function examine(): Promise<readonly Finding[]> {
  return [
    { subject: 'Node.js', state: 'ok', found: process.versions.node },
    terraform(),
    await provider(),
    bindings(),
    packages('node', 'system packages of the local node', 'missing'),
    packages('tests', 'system packages of the tests', 'warning'),
    labFile(),
    ...(usesProxmox(process.env)
      ? [await proxmox()]
      : [
          acceleration(),
          guestNetwork(),
          memory(),
          nodeSpace(),
          ...template(),
          uplink(),
          browser(),
          localNode(),
        ]),
  ];
}

function terraform(): Finding {
  const subject = 'Terraform or OpenTofu';
  const command = terraformCommand();
  if (command) return { subject, state: 'ok', found: findCommand(command) ?? command };
  const remedy =
    'install one: https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install';
  return { subject, state: 'missing', found: 'neither is on PATH', remedy };
}

async function provider(): Promise<Finding> {
  const subject = `provider bpg/proxmox ${providerVersion()}`;
  const command = terraformCommand() ?? 'terraform';
  if (mirroredProvider(command)) {
    const found = 'in the local mirror';
    if (providerLockIsCurrent(command)) return { subject, state: 'ok', found };
    return { subject, state: 'warning', found: `${found}; no lock file of it here`, remedy: 'npm run setup' };
  }
  if (await registryAnswers(command)) return { subject, state: 'ok', found: 'the registry answers' };
  const remedy = findCommand('go')
    ? 'npm run setup builds it from the Go module proxy'
    : 'install Go 1.25 or later, then npm run setup';
  return { subject, state: 'missing', found: 'the registry cannot be reached', remedy };
}

function bindings(): Finding {
  const subject = 'bindings @cdktf/provider-proxmox';
  if (bindingsAreCurrent()) return { subject, state: 'ok', found: 'in .gen' };
  return { subject, state: 'missing', found: 'not generated', remedy: 'npm run setup' };
}

function packages(purpose: Purpose, subject: string, otherwise: 'warning' | 'missing'): Finding {
  const missing = missingTools(purpose);
  if (missing.length === 0) return { subject, state: 'ok', found: 'all there' };
  const names = [...new Set(missing.map((tool) => tool.package))].join(' ');
  const found = `no ${missing.map(({ tool }) => tool).join(', ')}`;
  return {
    subject,
    state: otherwise,
    found,
    remedy: `sudo apt-get install --no-install-recommends ${names}`,
  };
}

function labFile(): Finding {
  try {
    const { guests } = loadLab();
    return { subject: 'lab.yaml', state: 'ok', found: `${guests.length} guests` };
  } catch (error) {
    return {
      subject: 'lab.yaml',
      state: 'missing',
      found: (error as Error).message,
      remedy: 'correct the places named',
    };
  }
}

function acceleration(): Finding {
  const subject = 'acceleration';
  const flag = virtualisationFlag();
  if (hasKvm()) return { subject, state: 'ok', found: `KVM (${flag})` };
  const found = flag
    ? '/dev/kvm cannot be opened: guests are emulated (TCG)'
    : 'the CPU offers no vmx or svm: guests are emulated (TCG)';
  return {
    subject,
    state: 'warning',
    found,
    remedy: 'works, but slower, and figures are labelled; use a machine with KVM',
  };
}

function guestNetwork(): Finding {
  const subject = "the guests' network";
  const fault = tunFault();
  return fault ? { subject, state: 'missing', ...fault } : { subject, state: 'ok', found: '/dev/net/tun' };
}

function memory(): Finding {
  const subject = 'memory';
  const needed = loadedGuestsMiB() / 1024 + 1;
  const free = freemem() / GIB;
  const found = `${free.toFixed(1)} GiB free, about ${needed.toFixed(1)} GiB needed`;
  if (free >= needed) return { subject, state: 'ok', found };
  return { subject, state: 'warning', found, remedy: 'close other programs, or lower memoryMiB in lab.yaml' };
}

function loadedGuestsMiB(): number {
  return loadedGuests()?.reduce((sum, guest) => sum + guest.memoryMiB, 0) ?? 3 * 1024;
}

/** Undefined where lab.yaml has faults, which are told elsewhere. */
function loadedGuests(): Lab['guests'] | undefined {
  try {
    return loadLab().guests;
  } catch {
    return undefined;
  }
}

function space(subject: string, path: string, needed: number, otherwise: Finding['state']): Finding {
  const free = freeBytes(path);
  const found = `${(free / GIB).toFixed(1)} GiB free at ${path}, about ${(needed / GIB).toFixed(0)} GiB needed`;
  return free >= needed
    ? { subject, state: 'ok', found }
    : { subject, state: otherwise, found, remedy: 'free some space there' };
}

/** The image, and what each guest writes over it. */
function nodeSpace(): Finding {
  const needed = (1 + (loadedGuests()?.length ?? 3)) * GIB;
  return space('disk space of the local node', nodeStateDirectory(process.env), needed, 'warning');
}

function template(): Finding[] {
  const subject = 'guest template';
  let file: Template;
  try {
    file = templateFile(process.env);
  } catch (error) {
    const found = (error as Error).message;
    return [{ subject, state: 'missing', found, remedy: 'correct what it names: MOODLE_SOURCE, or a role' }];
  }
  if (file.exists) return [{ subject, state: 'ok', found: file.path }];
  return [
    {
      subject,
      state: 'warning',
      found: 'not built yet',
      remedy: 'npm start or npm run template builds it (minutes, once)',
    },
    space('disk space of its build', cacheDirectory(process.env), SPACE_NEEDED, 'missing'),
  ];
}

function uplink(): Finding {
  const subject = "the guests' uplink";
  const tool = uplinkTool();
  if (tool) return { subject, state: 'ok', found: tool };
  const found = 'guests have no uplink, which only cloud images need';
  return { subject, state: 'warning', found, remedy: 'sudo apt-get install passt nftables' };
}

function browser(): Finding {
  const subject = 'Chromium, for --reader browser';
  const command = findCommand('chromium');
  if (command) return { subject, state: 'ok', found: command };
  const found = 'pages are read by a script alone';
  return { subject, state: 'warning', found, remedy: CHROMIUM_REMEDY };
}

function localNode(): Finding {
  const subject = 'local node';
  if (existsSync(connectionFile(process.env)))
    return { subject, state: 'ok', found: `up: ${loadTarget().endpoint}` };
  return { subject, state: 'ok', found: 'not up (npm start brings it up; by hand: npm run node -- up)' };
}

async function proxmox(): Promise<Finding> {
  const subject = 'Proxmox VE node';
  try {
    const target = loadTarget();
    const version = await checkTarget(target);
    return { subject, state: 'ok', found: `${target.endpoint}, node ${target.nodeName}, version ${version}` };
  } catch (error) {
    return {
      subject,
      state: 'missing',
      found: (error as Error).message,
      remedy: 'docs/how-to/proxmox-node.md',
    };
  }
}
