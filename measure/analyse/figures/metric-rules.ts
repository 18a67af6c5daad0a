/** How the value of one repetition, a visit or a session, is made of its raw files. */
export interface MetricRule {
  readonly how: string;
  /** Fields of the visit's file or of session.json. */
  readonly fields: readonly string[];
  /** Captures of the session that it is made of. */
  readonly captures: readonly ('client.pcap' | 'server.pcap')[];
}

type Rules = Readonly<Record<string, MetricRule>>;

const visit = (how: string, ...fields: readonly string[]): MetricRule => ({ how, fields, captures: [] });
const session = visit;
const atClient = (how: string, ...fields: readonly string[]): MetricRule => ({
  how,
  fields: ['serverAddress', 'serverPort', ...fields],
  captures: ['client.pcap'],
});
const atBothEnds = (how: string, ...fields: readonly string[]): MetricRule => ({
  how,
  fields: ['serverAddress', 'serverPort', 'sharedClock', ...fields],
  captures: ['client.pcap', 'server.pcap'],
});

const ticks = ['samples[].cpuIdleTicks', 'samples[].time', 'cpus', 'ticksPerSecond'];
const memory = ['samples[].memoryTotalBytes', 'samples[].memoryAvailableBytes'];
const guestTicks = ['samples[].guests[].cpuTicks', 'samples[].time', 'ticksPerSecond'];
const guestMemory = 'samples[].guests[].residentBytes';

/** By the name in VisitResult, which is also that in LevelResult; the longest that begins a metric's name holds. */
export const visitRules: Rules = {
  seconds: visit('last sample less first', 'samples[].time'),
  samples: visit('their number', 'samples[]'),
  cpuPercent: visit('time less idle time, of the time from the first sample to the last', ...ticks),
  memoryUsedBytes: visit('median over the samples of total less available', ...memory),
  memoryPercent: visit('median memory used by median total', ...memory),
  loadAverage: visit('median over the samples', 'samples[].loadAverage'),
  rootUsedBytes: visit('median over the samples', 'samples[].rootUsedBytes'),
  rootPercent: visit(
    'median disk used by median total',
    'samples[].rootUsedBytes',
    'samples[].rootTotalBytes',
  ),
  ksmSharedBytes: visit('median over the samples', 'samples[].ksmSharedBytes'),
  pressurePercent: visit(
    'stall time by time, from the first sample to the last',
    'samples[].pressureMicroseconds',
    'samples[].time',
  ),
  'guests cpuPercent': visit(
    'CPU time of the guest’s process by time, from its first sample to its last; 100 = one CPU',
    ...guestTicks,
  ),
  'guests residentBytes': visit('median over the samples with the guest’s process', guestMemory),
  guestsCpuPercent: visit('sum over the running guests, by the number of CPUs', ...guestTicks, 'cpus'),
  guestsResidentBytes: visit('sum over the running guests of their medians', guestMemory),
  othersCpuPercent: visit('CPU of all less that of the guests', ...new Set([...ticks, ...guestTicks])),
  othersMemoryBytes: visit(
    'memory used less the resident memory of the guests, at least 0',
    ...memory,
    guestMemory,
  ),
  samplerCpuPercent: visit(
    'CPU time of the sampler by time, from the first sample to the last; 100 = one CPU',
    'samples[].samplerCpuSeconds',
    'samples[].time',
  ),
  settledAfterSeconds: visit('settled less changed', 'settledAt', 'changedAt'),
  settlingSamples: visit('their number', 'settlingSamples[]'),
  wholeSeconds: visit(
    'from the first power change, or from the settling where there was none, to the last sample',
    'changes[].startedAt',
    'changedAt',
    'samples[].time',
  ),
  'changes taskSeconds': visit('as recorded', 'changes[].taskSeconds'),
  'changes readySeconds': visit('as recorded', 'changes[].readySeconds'),
  'api polls': visit('their number, without the first', 'apiSamples[]'),
  'api cpuPercent': visit('100 × median over the polls but the first', 'apiSamples[].cpuFraction'),
  'api memoryUsedBytes': visit('median over the polls but the first', 'apiSamples[].memoryUsedBytes'),
  'api loadAverage1': visit('median over the polls but the first', 'apiSamples[].loadAverage[0]'),
  'api rootUsedBytes': visit('median over the polls but the first', 'apiSamples[].rootUsedBytes'),
};

const sources = 'of the sampler less that of the API';
/** Sampler less API, by the quantity. */
export const agreementRules: Rules = {
  CPU: visit(`CPU ${sources}`, ...ticks, 'apiSamples[].cpuFraction'),
  'memory used': visit(`memory used ${sources}`, ...memory, 'apiSamples[].memoryUsedBytes'),
  'load average 1 min': visit(
    `load average ${sources}`,
    'samples[].loadAverage[0]',
    'apiSamples[].loadAverage[0]',
  ),
  'root disk used': visit(`disk used ${sources}`, 'samples[].rootUsedBytes', 'apiSamples[].rootUsedBytes'),
};

const wireRate = '8 × bytes of frames of the session by the time from its first packet to its last';
const payloadRate = '8 × bytes of payload, each once, by the time from the first packet to the last';
const transferRate =
  'median over transfers of 16 KiB or more of 8 × bytes by the time from first byte to last';
const transferTimes = ['transfers[].bytes', 'transfers[].firstByteAt', 'transfers[].endedAt'];
const lossHow = 'packets seen at the sender’s end and not within 3 s at the receiver’s, of those sent';
const drops = ['captures[].droppedByKernel', 'captures[].offloads'];
const pageTimes = ['transfers[].intendedAt', 'transfers[].endedAt', 'transfers[].status', 'transfers[].late'];
const firstByteTimes = ['transfers[].intendedAt', 'transfers[].firstByteAt'];
const shown = (how: string, field: string): MetricRule =>
  session(how, `pageTimings[].${field}`, 'pageTimings[].intendedAt');
const warmUpTimes = ['warmUp[].intendedAt', 'warmUp[].endedAt', 'warmUp[].status'];

const within = 'of the higher level less that of the lower, in one block';
/** By the name in Increment. */
export const incrementRules: Rules = {
  memoryUsedBytes: visit(`memory used ${within}`, ...memory),
  cpuPercent: visit(`CPU ${within}`, ...ticks),
};

/** By the name in ApplicationResult: what one session gives. */
export const applicationRules: Rules = {
  throughputBitsPerSecond: atClient(`${wireRate}, both directions`),
  goodputBitsPerSecond: atClient(`${payloadRate}, to the client`),
  transferBitsPerSecond: session(transferRate, ...transferTimes),
  lossPercent: atBothEnds(`${lossHow}, both directions together`, ...drops),
  packetsFollowed: atBothEnds('packets sent, where the loss is known, both directions', ...drops),
  packetsLost: atBothEnds('packets lost, where the loss is known, both directions', ...drops),
  oneWayDelayMs: atBothEnds('median over the packets, the slower direction'),
  meanDelayMs: atBothEnds('mean over the packets, the slower direction'),
  smallestDelayMs: atBothEnds('smallest one-way delay of all packets, both directions'),
  delayVariationMs: atBothEnds('quantile 0.999 less minimum of the one-way delay, the worse direction'),
  jitterMs: atBothEnds('mean of RFC 3550’s estimate, the worse direction'),
  peakJitterMs: atBothEnds('largest of RFC 3550’s estimates, the worse direction'),
  ackRoundTripMs: atClient('median over segments to the server of the time to the ACK that names their end'),
  probeRoundTripMs: session('median over the probes that were answered', 'probe.roundTripSeconds'),
  retransmissionPercent: atClient('segments sent again of all packets, the worse direction'),
  pageLoadSeconds: session('median over the pages, intended start to last byte', ...pageTimes),
  firstByteSeconds: session('median over the pages, intended start to first byte', ...firstByteTimes),
  slowestPageSeconds: session('longest time of a page, intended start to last byte', ...pageTimes),
  firstContentfulPaintSeconds: shown(
    'median over the pages, intended start to first contentful paint',
    'firstContentfulPaintAt',
  ),
  largestContentfulPaintSeconds: shown(
    'median over the pages, intended start to largest contentful paint',
    'largestContentfulPaintAt',
  ),
  domContentLoadedSeconds: shown(
    'median over the pages, intended start to DOMContentLoaded',
    'domContentLoadedAt',
  ),
  loadEventSeconds: shown('median over the pages, intended start to load event', 'loadAt'),
  pagesByClass: session('pages by G.1010: below 2 s, from 2 to below 4 s, later', ...pageTimes),
  pagesFailed: session('pages that did not come', 'transfers[].status', 'transfers[].error'),
  pagesAsked: session('pages asked for', 'transfers[].page', 'transfers[].kind'),
  warmUpSlowestSeconds: session('longest time of a page of the warm-up', ...warmUpTimes),
  resolutionMs: atClient('step of the time stamps'),
  paperTable: atClient('packets, bytes and time, all captured and those of the session'),
};

/** By the name in SessionResult. */
export const sessionRules: Rules = {
  seconds: atClient('last packet less first'),
  'directions packets': atClient('packets of the direction'),
  'directions wireBytes': atClient('bytes of frames of the direction'),
  'directions payloadBytes': atClient('bytes of payload, each once'),
  'directions throughputBitsPerSecond': atClient(`${wireRate}, one direction`),
  'directions goodputBitsPerSecond': atClient(payloadRate),
  'directions retransmissionPercent': atClient('segments sent again of all packets'),
  'directions outOfOrderPackets': atClient('packets that fill a hole and were not sent again'),
  'directions gap': atClient('times between neighbouring packets'),
  'directions loss': atBothEnds(lossHow, ...drops),
  'directions oneWayDelay': atBothEnds('times from one capture to the other'),
  'directions delayVariation': atBothEnds('differences of neighbouring packets’ delays (RFC 3393)'),
  'directions jitterSeconds': atBothEnds('RFC 3550’s estimate after each packet'),
  total: atClient('packets, bytes and rate of both directions together'),
  ackRoundTrip: atClient('segments to the server, until the ACK that names their end'),
  probe: session('the probes, and those without an answer', 'probe.roundTripSeconds'),
  pageLoad: session('times of the pages that came', ...pageTimes),
  'pages loadSeconds': session('intended start to the end of the last transfer', ...pageTimes),
  'pages firstByteSeconds': session('intended start to first byte of the page', ...firstByteTimes),
  'pages bytes': session('body bytes as received', 'transfers[].bytes'),
  'pages transfers': session('transfers of the page', 'transfers[].page'),
  'pages failed': session('transfers that failed', 'transfers[].status', 'transfers[].error'),
  'shownPages firstContentfulPaintSeconds': shown(
    'intended start to first contentful paint',
    'firstContentfulPaintAt',
  ),
  'shownPages largestContentfulPaintSeconds': shown(
    'intended start to largest contentful paint',
    'largestContentfulPaintAt',
  ),
  'shownPages domContentLoadedSeconds': shown('intended start to DOMContentLoaded', 'domContentLoadedAt'),
  'shownPages loadEventSeconds': shown('intended start to load event', 'loadAt'),
  'warmUpPages loadSeconds': session('intended start to the end of the last transfer', ...warmUpTimes),
  'warmUpPages firstByteSeconds': session(
    'intended start to first byte',
    'warmUp[].intendedAt',
    'warmUp[].firstByteAt',
  ),
  'warmUpPages bytes': session('body bytes as received', 'warmUp[].bytes'),
  'warmUpPages transfers': session('transfers of the page', 'warmUp[].page'),
  'warmUpPages failed': session('transfers that failed', 'warmUp[].status', 'warmUp[].error'),
  failedTransfers: session('transfers that failed', 'transfers[].status', 'transfers[].error'),
  'link shape': session('as lab.yaml had it', 'link.shape'),
  'link dropped': session('as the link’s own counters told', 'link.dropped'),
  transferBitsPerSecond: session(transferRate, ...transferTimes),
  resolutionSeconds: atClient('step of the time stamps'),
  nodeCpuPercent: session(
    'time less idle time, of the time from before the captures to after',
    'nodeCounters',
  ),
  guestsCpuPercent: session('sum over the guests’ processes, by time and CPUs', 'nodeCounters'),
  captureCpuPercent: session(
    'CPU time of all captures by the time of the session; 100 = one CPU',
    'captures[].cpuSeconds',
    'startedAt',
    'endedAt',
  ),
  'captures cpuSeconds': session('as recorded', 'captures[].cpuSeconds'),
  'captures captured': session('as the capture counted', 'captures[].captured'),
  'captures droppedByKernel': session('as the kernel counted', 'captures[].droppedByKernel'),
};

/** The rule whose name is the key or the longest that begins it, word by word; undefined = no result. */
export function ruleOf(rules: Rules, key: string): MetricRule | undefined {
  const words = key.split(' ');
  for (let length = words.length; length > 0; length--) {
    const name = words.slice(0, length).join(' ');
    if (Object.hasOwn(rules, name)) return rules[name];
  }
  return undefined;
}
