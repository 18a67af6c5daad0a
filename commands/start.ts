/** `npm start`: the whole experiment. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import {
  environment,
  InputError,
  loadLab,
  loadLabToMake,
  loadTarget,
  repositoryRoot,
  resultsDirectory,
  usesProxmox,
} from '../config';
import type { Lab } from '../config/lab';
import { GUEST_KINDS } from '../config/lab-schema';
import { measuringFault } from '../config/lab-shares';
import { askToWait } from '../experiment/ask-to-wait';
import { confirmTarget } from '../experiment/confirm';
import {
  buildsTemplate,
  Experiment,
  type ExperimentOptions,
  isDeployed,
  nameOfRun,
} from '../experiment/experiment';
import { overview } from '../experiment/overview';
import { runExperiment } from '../experiment/run-experiment';
import { Stages } from '../experiment/stages';
import { hasKvm } from '../local-node/engine/host-devices';
import { EXIT } from '../machine/exit-codes';
import { LiveLine } from '../machine/live-line';
import { type Lock, LockedError, takeLock } from '../machine/lock';
import { TargetRefusedError } from '../proxmox/check-target';
import { type Finding, faultLines } from '../proxmox/checks/finding';
import { checkLabNode } from '../setup/check-node';
import { missingOf, setup } from '../setup/setup';
import { CHROMIUM_REMEDY, findCommand } from '../setup/system-packages';
import { templateFile } from '../template/template';
import { commandLine, languageOption, waitQuietOption } from './command-line';
import { runCommand } from './run-command';
import { startWatch, watchOption } from './start-watch';

const command = commandLine({
  name: 'npm start --',
  description:
    'The whole experiment: deploy, measure, report, destroy. Without PROXMOX_VE_ENDPOINT on the embedded local node.',
  examples: [
    'npm start',
    'npm start -- --plan quick',
    'npm start -- --plan paper --keep',
    'npm start -- --guests containers',
    'npm start -- --reader browser',
    'PROXMOX_VE_ENDPOINT=https://pve.example:8006 npm start',
  ],
  notes: 'Environment:\n  TERRAFORM_BINARY_NAME (terraform where it is on PATH, else tofu)',
})
  .addOption(new Option('--plan <name>', 'plan of measurement in lab.yaml').default('short'))
  .addOption(
    new Option('--engine <engine>', 'what runs the guests of the local node')
      .choices(['qemu', 'simulated'])
      .default('qemu'),
  )
  .addOption(
    new Option('--guests <kind>', 'the kind of all guests, whatever lab.yaml says of each').choices(
      GUEST_KINDS.map((kind) => `${kind}s`),
    ),
  )
  .addOption(
    new Option('--reader <reader>', 'what reads the pages of scenario 2: a script, or Chromium on the node')
      .choices(['scripted', 'browser'])
      .default('scripted'),
  )
  .option('--run <name>', 'name of the run under results/ (default: date and time)')
  .addOption(languageOption())
  .addOption(waitQuietOption())
  .addOption(watchOption())
  .option('--keep', 'leave the lab deployed and the local node up, also after an error or Ctrl-C')
  .option(
    '--new-template',
    "the same as LAB_NEW_TEMPLATE=yes: today's template, not that of the deployed lab",
  )
  .option('--yes', 'do not ask before acting on a Proxmox VE node, or destroying a lab that is deployed');

void runCommand(async () => {
  const options = command.parse().opts<ExperimentOptions & { yes?: boolean; watch?: boolean }>();
  const line = new LiveLine(process.stdout);
  const { say } = line;

  // Bad input is refused before anything is touched.
  const chosen = { ...environment, ...(options.guests && { LAB_GUESTS: options.guests }) };
  const lab = isDeployed() ? loadLab(undefined, chosen) : loadLabToMake(chosen);
  templateFile(process.env);
  const faults = optionFaults(lab, options);
  if (faults.length > 0) throw new InputError(faults.join('\n'));
  const lock = await lockClone();
  try {
    const proxmox = usesProxmox(process.env);
    if (proxmox) refuseFaults(await checkLabNode(lab));
    const builds = { systemPackages: !proxmox || lab.images.source === 'template' };
    const purpose = proxmox ? 'template' : 'node';
    const run = options.run ?? nameOfRun();
    say(
      overview(
        lab,
        { ...options, run },
        {
          toInstall: missingOf(purpose, builds),
          buildsTemplate: buildsTemplate(lab),
          acceleration: proxmox || hasKvm() ? 'kvm' : 'tcg',
          ...(!proxmox && options.engine === 'simulated' && { acceleration: 'simulated' }),
          local: !proxmox,
        },
      ),
    );
    if (!(await confirmTarget(lab, options, say))) return EXIT.badInput;
    const waitQuiet = options.waitQuiet ?? (await askToWait(proxmox ? loadTarget() : undefined, say));
    await setup(purpose, say, builds);
    const experiment = new Experiment(lab, { ...options, run, waitQuiet }, line);
    if (options.watch) await startWatch(experiment.run, say);
    return await runExperiment(new Stages(say), experiment, options.keep === true, say);
  } finally {
    await lock.release();
  }
});

/** It measures too, so that what only measuring needs stops it as well. Throws TargetRefusedError. */
function refuseFaults(findings: readonly Finding[]): void {
  const faults = faultLines(findings, true);
  if (faults.length > 0) throw new TargetRefusedError(faults);
}

/** Throws InputError where another `npm start` is at work in this clone. */
async function lockClone(): Promise<Lock> {
  try {
    return await takeLock(repositoryRoot, 'npm start');
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    throw new InputError(error.message, { cause: error });
  }
}

function optionFaults(lab: Lab, { plan, run, reader }: ExperimentOptions): string[] {
  const elsewhere = measuringFault(lab);
  const faults: string[] = elsewhere ? [elsewhere] : [];
  if (!Object.hasOwn(lab.plans, plan)) {
    faults.push(`--plan ${plan}: lab.yaml has no such plan; it has ${Object.keys(lab.plans).join(', ')}`);
  }
  if (run !== undefined && !/^\w[\w.-]*$/.test(run)) {
    faults.push(`--run ${run}: letters, digits, ".", "_" and "-" only`);
  } else if (run !== undefined && existsSync(join(resultsDirectory(), run))) {
    faults.push(`--run ${run}: results/${run} is there already; choose another name, or remove it`);
  }
  // On a Proxmox VE node it is the node that must have it, which measuring asks first.
  if (reader === 'browser' && !usesProxmox(process.env) && !findCommand('chromium')) {
    faults.push(`--reader browser: there is no chromium on this machine; ${CHROMIUM_REMEDY}`);
  }
  return faults;
}
