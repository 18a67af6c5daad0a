/** Charts of the first page: titles, captions, axes. */
export const charts = {
  run: 'this run',
  guests: 'its guests',
  paper: 'paper',
  runningGuests: 'running guests',
  unknown: 'unknown',
  notInstalled: 'not installed',
  ofAllCpus: '% of all CPUs',
  ofMemory: '% of memory',
  tasks: 'tasks',
  memory: 'Memory used against running guests',
  memoryCaption:
    'MemTotal − MemAvailable of the node; of its guests, the resident memory of their processes. The two nodes differ in size: the slopes are what to compare.',
  cpu: 'CPU of the node',
  cpuCaption: 'Busy share of all CPUs, and what of it the guests’ processes took.',
  load: 'Load average, 1 min',
  loadCaption: (transient: boolean) =>
    `Tasks, without unit${transient ? '; transient in at least one level' : ''}.`,
  share: 'Memory used, share of the node’s',
  shareCaption: 'Memory used of all that the node has.',
  throughput: 'Throughput (offered load)',
  throughputCaption:
    'Bytes on the wire, both directions, over the session’s time, think times included: what readers asked for, not what the network could carry.',
  loss: 'Packet loss',
  lossCaption:
    'Packets seen at the sender’s end and not at the receiver’s. The paper’s 0 is stated, not measured at two ends.',
  delay: 'Delay, one way',
  delayCaption: 'The slower direction’s median. The paper’s 0 is below the resolution of its method.',
  jitter: 'Jitter (RFC 3550)',
  answered: (guest: string) => `${guest}: answered against offered rate`,
  answeredCaption:
    'A mark per step: filled = kept up, hollow = not; lines join the medians of the ladders. Dashed: all is answered as fast as it is asked. Where the marks leave it, their height is what the application can do.',
  latency: (guest: string) => `${guest}: latency against offered rate`,
  latencyCaption:
    'A mark per step: filled = kept up, hollow = not; lines join the medians of the ladders. Circles: median, triangles: 95th percentile, from the intended start. A percentile that too many unanswered requests leave unknown has no mark.',
  offeredAxis: 'offered, requests/s',
  answeredAxis: 'answered, requests/s',
  latencyAxis: 'latency, s',
  latencyLimit: (seconds: string) => `limit of the 95th percentile, ${seconds} s`,
  jitterCaption: 'The worse direction’s mean. The paper’s 0 is below the resolution of its method.',
};
