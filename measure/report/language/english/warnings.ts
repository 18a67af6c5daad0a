/** Warnings of the first page, those that count most first. */
export const warnings = {
  emulated:
    'Emulated (TCG): QEMU translated the guests’ code, without hardware virtualisation. CPU, page and start times are far above those of virtualised guests; memory holds the translation cache; packets are real.',
  simulated:
    'Simulated: no guest has run. The figures show that the tools work and say nothing about guests.',
  accelerationUnknown: 'It is not recorded whether the guests were virtualised by hardware or emulated.',
  notLimited: (what: string) =>
    `Not limited: the node’s control groups do not hold the ${what} limits of containers. They take what there is, and share it otherwise than lab.yaml says.`,
  disturbed: (disturbed: string, visits: string, most: string) =>
    `Disturbed: in ${disturbed} of ${visits} other programs used up to ${most} of the node’s CPUs. CPU, load and memory there are theirs as well.`,
  fault: (text: string) => `Incomplete: ${text}.`,
  faults: (count: string, first: string) => `Incomplete: ${count}, the first ${first}.`,
  missing: (guest: string, reason: string) => `${guest} is not installed: ${reason}.`,
  notMeasured: (guest: string) => `${guest}: no session was measured.`,
  noInterval: (n: string) =>
    `${n}: too few for an interval. Nothing tells a difference between two such figures from chance.`,
  fewRepetitions: (n: string, coverage: string, wanted: string) =>
    `${n}: intervals cover the true median in ${coverage} of cases only; ${wanted} takes more repetitions.`,
  notSettled: (visits: string, of: string) =>
    `Not settled: in ${visits} of ${of} the CPU had not become steady when sampling began. They are in the figures.`,
  fullNode: (sessions: string, of: string, percent: string) =>
    `In ${sessions} of ${of} the node’s CPUs were busy for over ${percent} of the time: page times are those of a node at its limit.`,
  lossUnknown: (guests: string, reason: string) => `Packet loss of ${guests} is not known: ${reason}.`,
  dependence: (found: string, tested: string) =>
    `In ${found} of ${tested} figures tested, repetitions are alike with those before them: these intervals are too narrow.`,
};
