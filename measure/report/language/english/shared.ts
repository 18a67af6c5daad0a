/** Words that stand with numbers everywhere: labels of figures, nouns that are counted, ranges, dates. */
export const shared = {
  decimal: '.',
  group: ',',
  /** Between the ends of an interval. */
  separator: ',',
  /** One, several. */
  nouns: {
    CPU: ['CPU', 'CPUs'],
    block: ['block', 'blocks'],
    client: ['client', 'clients'],
    fault: ['fault', 'faults'],
    file: ['file', 'files'],
    figure: ['figure', 'figures'],
    guest: ['guest', 'guests'],
    ladder: ['ladder', 'ladders'],
    packet: ['packet', 'packets'],
    page: ['page', 'pages'],
    probe: ['probe', 'probes'],
    request: ['request', 'requests'],
    'running guest': ['running guest', 'running guests'],
    sample: ['sample', 'samples'],
    session: ['session', 'sessions'],
    step: ['step', 'steps'],
    trial: ['trial', 'trials'],
    visit: ['visit', 'visits'],
    browser: ['browser', 'browsers'],
    'scripted client': ['scripted client', 'scripted clients'],
    warning: ['warning', 'warnings'],
    run: ['run', 'runs'],
  },
  labels: {
    'emulated (TCG)': 'emulated (TCG)',
    simulated: 'simulated',
    'acceleration unknown': 'acceleration unknown',
  },
  /** Of a rate: requests/s. */
  requests: 'requests',
  missing: 'not measured',
  range: (low: string, high: string) => (low === high ? low : `${low} to ${high}`),
  date: (date: string, time: string) => `${date} ${time} UTC`,
};
