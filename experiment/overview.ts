import type { GuestKind, Lab } from '../config/lab';
import { estimateSeconds, mayStopEarly } from '../measure/collect/estimate';
import { registerPlan, scenariosOf } from '../measure/run/run-plan';

export interface OverviewOptions {
  readonly plan: string;
  /** Name of the run under results/. */
  readonly run: string;
  readonly keep?: boolean;
}

export interface OverviewFacts {
  /** What is installed first, and its usual duration, seconds; empty where all is there. */
  readonly toInstall: readonly { readonly what: string; readonly seconds: number }[];
  readonly buildsTemplate: boolean;
  /** Of the node: a Proxmox VE node is taken for one with KVM. */
  readonly acceleration: 'kvm' | 'tcg' | 'simulated';
  readonly local: boolean;
}

/** Usual durations on 2 CPUs, seconds; `guest` is what each makes a deployment longer. */
const USUAL = {
  template: 110,
  node: 10,
  guest: { kvm: 15, tcg: 40, simulated: 2 },
  container: 5,
  guestOfCloudImage: { kvm: 60, tcg: 200, simulated: 2 },
  destroy: 20,
};

interface Step {
  readonly what: string;
  readonly seconds?: number;
  readonly text: string;
}

/** What `npm start` is about to do, how long each part takes, and what it installs: said before anything happens. */
export function overview(lab: Lab, options: OverviewOptions, facts: OverviewFacts): string {
  const steps = stepsOf(lab, options, facts);
  const total = steps.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  const width = Math.max(...steps.map(({ what }) => what.length));
  const rows = steps.map(
    ({ what, seconds, text }) =>
      `  ${what.padEnd(width)}  ${(seconds === undefined ? '' : duration(seconds)).padEnd(7)}  ${text}`,
  );
  return [
    `The lab "${lab.name}" of lab.yaml, about ${duration(total)} in all${emulated(lab, facts)}:`,
    ...rows.map((row) => row.trimEnd()),
    'Ctrl-C stops it at any time and takes away what was made. --help tells what can be chosen.',
  ].join('\n');
}

/** `2 virtual machines and 1 container`. */
function countOfKinds({ guests }: Pick<Lab, 'guests'>): string {
  const count = (kind: GuestKind, singular: string): string[] => {
    const of = guests.filter((guest) => guest.kind === kind).length;
    return of === 0 ? [] : [`${of} ${singular}${of === 1 ? '' : 's'}`];
  };
  const counted = [...count('vm', 'virtual machine'), ...count('container', 'container')];
  return counted.join(' and ') || '0 virtual machines';
}

function stepsOf(lab: Lab, { plan, run, keep }: OverviewOptions, facts: OverviewFacts): Step[] {
  const { toInstall, buildsTemplate, acceleration, local } = facts;
  const guests = lab.guests.map(({ name }) => name).join(', ');
  const each = lab.images.source === 'cloud' ? USUAL.guestOfCloudImage : USUAL.guest;
  const steps: Step[] = [];
  if (toInstall.length > 0) {
    const seconds = toInstall.reduce((sum, each) => sum + each.seconds, 0);
    steps.push({ what: 'install, once', seconds, text: toInstall.map(({ what }) => what).join('; ') });
  }
  if (buildsTemplate) {
    const text = 'the disk that all guests begin with, kept in ~/.cache';
    steps.push({ what: 'build an image, once', seconds: USUAL.template, text });
  }
  if (local) {
    const text = 'a node on this machine, in a network of its own; nothing of yours changes';
    steps.push({ what: 'start a local node', seconds: USUAL.node, text });
  }
  steps.push({
    what: 'deploy',
    seconds: Math.max(
      each[acceleration],
      lab.guests.reduce(
        (sum, { kind }) => sum + (kind === 'container' ? USUAL.container : each[acceleration]),
        0,
      ),
    ),
    text: `${countOfKinds(lab)}: ${guests || 'none'}`,
  });
  if (acceleration !== 'simulated') {
    steps.push({ what: 'measure', ...measuring(lab, plan, acceleration) });
    steps.push({ what: 'report', text: `results/${run}/report.html` });
  }
  steps.push(
    keep
      ? { what: 'keep', text: 'the lab stays up, as --keep says; npx cdktf destroy takes it away' }
      : { what: 'destroy', seconds: USUAL.destroy, text: 'all of it; the report and its raw data stay' },
  );
  return steps;
}

function measuring(lab: Lab, planName: string, acceleration: 'kvm' | 'tcg'): Omit<Step, 'what'> {
  const plan = lab.plans[planName];
  const scenarios = plan ? scenariosOf(plan) : [];
  const registered = registerPlan(lab, {
    run: '',
    planName,
    scenarios,
    registeredAt: '',
    missingApplications: [],
  });
  const most = mayStopEarly(registered) ? ', at most' : '';
  return {
    seconds: estimateSeconds(registered, acceleration),
    text: `the plan "${planName}" (${scenarios.join(', ')})${most}`,
  };
}

function emulated({ guests }: Pick<Lab, 'guests'>, { acceleration }: OverviewFacts): string {
  if (acceleration !== 'simulated' && guests.length > 0 && guests.every(({ kind }) => kind === 'container'))
    return ', with containers, which run natively';
  if (acceleration === 'tcg') return ', with emulated guests, as there is no KVM here';
  return acceleration === 'simulated' ? ', with simulated guests' : '';
}

function duration(seconds: number): string {
  return seconds < 50 ? `${Math.ceil(seconds / 10) * 10} s` : `${Math.round(seconds / 60)} min`;
}
