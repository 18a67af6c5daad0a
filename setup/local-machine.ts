/** What the local node, its guests and their template find on this machine. */
import { freemem } from 'node:os';
import { nodeStateDirectory } from '../config';
import type { Lab } from '../config/lab';
import { cacheDirectory } from '../config/paths';
import { hasKvm, tunFault, virtualisationFlag } from '../local-node/engine/host-devices';
import { freeBytes, GIB } from '../machine/disk-space';
import { type Finding, fault, ok, warning } from '../proxmox/checks/finding';
import { SPACE_NEEDED, type Template, templateFile } from '../template/template';
import { CHROMIUM_REMEDY, findCommand, uplinkTool } from './system-packages';

/** Guests that are assumed while lab.yaml has faults, which are told elsewhere. */
const SOME_GUESTS = [1024, 1024, 1024].map((memoryMiB) => ({ memoryMiB }));

export function localMachine(lab: Pick<Lab, 'guests'> | undefined): readonly Finding[] {
  const guests: readonly { readonly memoryMiB: number }[] = lab?.guests ?? SOME_GUESTS;
  return [acceleration(), guestNetwork(), memory(guests), nodeSpace(guests.length), uplink()];
}

function acceleration(): Finding {
  const subject = 'acceleration';
  const flag = virtualisationFlag();
  if (hasKvm()) return ok(subject, `KVM (${flag})`);
  const found = flag
    ? '/dev/kvm cannot be opened: guests are emulated (TCG)'
    : 'the CPU offers no vmx or svm: guests are emulated (TCG)';
  return warning(subject, found, 'works, but slower, and figures are labelled; use a machine with KVM');
}

function guestNetwork(): Finding {
  const subject = "the guests' network";
  const refused = tunFault();
  return refused ? fault(subject, refused.found, refused.remedy) : ok(subject, '/dev/net/tun');
}

function memory(guests: readonly { readonly memoryMiB: number }[]): Finding {
  const needed = guests.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) / 1024 + 1;
  const free = freemem() / GIB;
  const found = `${free.toFixed(1)} GiB free, about ${needed.toFixed(1)} GiB needed`;
  if (free >= needed) return ok('memory', found);
  return warning('memory', found, 'close other programs, or lower memoryMiB in lab.yaml');
}

/** The image, and what each guest writes over it. */
function nodeSpace(guests: number): Finding {
  const place = nodeStateDirectory(process.env);
  return space('disk space of the local node', place, (1 + guests) * GIB, warning);
}

function space(
  subject: string,
  path: string,
  needed: number,
  otherwise: typeof fault | typeof warning,
): Finding {
  const free = freeBytes(path);
  const found = `${(free / GIB).toFixed(1)} GiB free at ${path}, about ${(needed / GIB).toFixed(0)} GiB needed`;
  return free >= needed ? ok(subject, found) : otherwise(subject, found, 'free some space there');
}

export function templateFindings(): readonly Finding[] {
  const subject = 'guest template';
  let file: Template;
  try {
    file = templateFile(process.env);
  } catch (error) {
    return [fault(subject, (error as Error).message, 'correct what it names: MOODLE_SOURCE, or a role')];
  }
  if (file.exists) return [ok(subject, file.path)];
  return [
    warning(subject, 'not built yet', 'npm start or npm run template builds it (minutes, once)'),
    space('disk space of its build', cacheDirectory(process.env), SPACE_NEEDED, fault),
  ];
}

function uplink(): Finding {
  const subject = "the guests' uplink";
  const tool = uplinkTool();
  if (tool) return ok(subject, tool);
  const found = 'guests have no uplink, which only cloud images need';
  return warning(subject, found, 'sudo apt-get install passt nftables');
}

export function browser(): Finding {
  const subject = 'Chromium, for --reader browser';
  const command = findCommand('chromium');
  return command
    ? ok(subject, command)
    : warning(subject, 'pages are read by a script alone', CHROMIUM_REMEDY);
}
