import type { Environment } from '../../../run/raw-data';

const accelerations: Readonly<Record<NonNullable<Environment['acceleration']> | 'unknown', string>> = {
  kvm: 'virtualised by hardware (KVM)',
  tcg: 'emulated (TCG), without hardware virtualisation',
  native: 'containers (LXC), which run natively on the node’s kernel',
  simulated: 'simulated: no guest has run',
  unknown: 'not recorded whether by KVM or emulated',
};

/** The names and values of what was measured, and the headings of the first page. */
export const firstPage = {
  name: 'At a glance',
  meaning: 'What it means',
  charts: 'The figures that matter, beside the paper’s of 2019',
  warnings: 'Read with care',
  more: (count: string) => `${count} more`,
  nothing: 'This run has no measurements yet.',
  facts: {
    measured: 'Measured',
    target: 'Node',
    guests: 'Guests',
    repetitions: 'Repetitions',
    date: 'Date',
    lab: 'Lab',
  },
  scenarios: {
    resources: (levels: string) => `what the node spends with ${levels}`,
    qos: (applications: string) => `what clients get from ${applications}`,
    load: 'at which rate applications stop keeping up',
    benchmarks: 'what guests can do beside the node itself',
  },
  levels: (from: number, to: number) =>
    from === to ? `${to} running ${to === 1 ? 'guest' : 'guests'}` : `${from} to ${to} running guests`,
  target: (node: string, local: boolean, size: string) =>
    `${node}, ${local ? 'the embedded local node' : 'a Proxmox VE node'}${size}`,
  size: (cpus: string, memory: string) => `: ${cpus}, ${memory} of memory`,
  guests: (count: string, acceleration: keyof typeof accelerations) =>
    `${count}, ${accelerations[acceleration]}`,
  each: {
    visits: 'visits per level',
    sessions: 'sessions per application',
    ladders: 'ladders of load per application',
    trials: 'trials per guest',
  },
  none: 'none',
  lab: (name: string, guests: string, clients: string, plan: string) =>
    `${name}: ${guests}, ${clients}; plan “${plan}”`,
  and: (items: readonly string[]) =>
    items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`,
};
