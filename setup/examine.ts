import { existsSync } from 'node:fs';
import { connectionFile, loadLab, loadTarget, usesProxmox } from '../config';
import type { Lab } from '../config/lab';
import { providerVersion } from '../config/provider-pin';
import { type Finding, fault, ok, warning } from '../proxmox/checks/finding';
import { bindingsAreCurrent } from './bindings';
import { checkLabNode } from './check-node';
import { containerLimits } from './container-limits';
import { browser, localMachine, templateFindings } from './local-machine';
import { mirroredProvider, registryAnswers, terraformCommand } from './provider';
import { providerLockIsCurrent } from './provider-lock';
import { findCommand, missingTools, type Purpose } from './system-packages';

/** Looks at everything that the commands need; changes nothing. What takes time is asked side by side. */
export async function examine(): Promise<readonly Finding[]> {
  const proxmox = usesProxmox(process.env);
  const { lab, finding: labFile } = readLabFile();
  const [provider, node] = await Promise.all([providerFinding(), lab ? nodeFindings(lab, proxmox) : []]);
  const template = lab?.images.source === 'cloud' ? [] : templateFindings();
  return [
    ok('Node.js', process.versions.node),
    terraform(),
    provider,
    bindings(),
    ...systemPackages(proxmox, lab),
    labFile,
    ...(proxmox
      ? template
      : [...localMachine(lab), ...containerLimits(lab?.guests ?? []), ...template, browser()]),
    ...node,
  ];
}

/** Nothing of the local node is asked for where it is not used. */
function systemPackages(proxmox: boolean, lab: Lab | undefined): readonly Finding[] {
  if (proxmox && lab?.images.source === 'cloud') return [];
  return proxmox
    ? [packages('template', 'system packages for the template', fault)]
    : [
        packages('node', 'system packages of the local node', fault),
        packages('tests', 'system packages of the tests', warning),
      ];
}

function terraform(): Finding {
  const subject = 'Terraform or OpenTofu';
  const command = terraformCommand();
  if (command) return ok(subject, findCommand(command) ?? command);
  const remedy =
    'install one: https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install';
  return fault(subject, 'neither is on PATH', remedy);
}

async function providerFinding(): Promise<Finding> {
  const subject = `provider bpg/proxmox ${providerVersion()}`;
  const command = terraformCommand() ?? 'terraform';
  if (mirroredProvider(command)) {
    const found = 'in the local mirror';
    if (providerLockIsCurrent(command)) return ok(subject, found);
    return warning(subject, `${found}; no lock file of it here`, 'npm run setup');
  }
  if (await registryAnswers(command)) return ok(subject, 'the registry answers');
  const remedy = findCommand('go')
    ? 'npm run setup builds it from the Go module proxy'
    : 'install Go 1.25 or later, then npm run setup';
  return fault(subject, 'the registry cannot be reached', remedy);
}

function bindings(): Finding {
  const subject = 'bindings @cdktf/provider-proxmox';
  return bindingsAreCurrent() ? ok(subject, 'in .gen') : fault(subject, 'not generated', 'npm run setup');
}

function packages(purpose: Purpose, subject: string, otherwise: typeof fault | typeof warning): Finding {
  const missing = missingTools(purpose);
  if (missing.length === 0) return ok(subject, 'all there');
  const names = [...new Set(missing.map((tool) => tool.package))].join(' ');
  const found = `no ${missing.map(({ tool }) => tool).join(', ')}`;
  return otherwise(subject, found, `sudo apt-get install --no-install-recommends ${names}`);
}

function readLabFile(): { readonly lab?: Lab; readonly finding: Finding } {
  try {
    const lab = loadLab();
    return { lab, finding: ok('lab.yaml', `${lab.guests.length} guests`) };
  } catch (error) {
    return { finding: fault('lab.yaml', (error as Error).message, 'correct the places named') };
  }
}

/** Of a local node that is not up nothing can be said yet. */
async function nodeFindings(lab: Lab, proxmox: boolean): Promise<readonly Finding[]> {
  const subject = 'local node';
  if (!proxmox && !existsSync(connectionFile(process.env))) {
    return [ok(subject, 'not up (npm start brings it up; by hand: npm run node -- up)')];
  }
  try {
    const findings = await checkLabNode(lab);
    return proxmox ? findings : [...localNode(lab), ...findings];
  } catch (error) {
    // MOODLE_SOURCE, which the template's row tells.
    return [warning('node', `not looked at: ${(error as Error).message}`, 'correct what is named')];
  }
}

function localNode(lab: Lab): readonly Finding[] {
  try {
    return [ok('local node', `up: ${loadTarget(lab).endpoint}`)];
  } catch {
    // The check of the node says why.
    return [];
  }
}
