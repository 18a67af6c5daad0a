import type { SessionResult } from '../../analyse/sessions/qos';
import { Histogram } from '../../analyse/statistics/histogram';
import type { Summary } from '../../analyse/summary';
import type { Section } from '../document/document';
import { labelled, milliseconds, missing, number, quantity } from '../document/format';

/** How far the instrument itself may be wrong, and what it costs the node that it measures. */
export function instrumentSection(summary: Summary): Section {
  const { label } = summary;
  return {
    id: 'instrument',
    title: 'The instrument: its error and its cost',
    blocks: [
      {
        kind: 'table',
        title: labelled('Errors', label),
        head: ['Source of error', 'In this run', 'What follows'],
        rows: [
          ...captureErrors(summary),
          ...counterErrors(summary),
          ...loadErrors(summary),
          ...clockErrors(summary),
        ],
      },
      {
        kind: 'table',
        title: labelled('What measuring costs the node', label),
        head: ['Part', 'Cost', 'What follows'],
        rows: costs(summary),
      },
      {
        kind: 'text',
        text: 'Outside this run the instrument is held to known truths by tests with real traffic in network namespaces (test/ground-truth): losses equal to the router’s own counter, throughput within 2\u00a0% of a shaped link’s rate, delays of 20 to 30\u00a0ms and their variation within 1\u00a0ms + 1\u00a0%, and loss exactly 0 where nothing was injected. Delays of microseconds are not held to any truth: their differences are those between two time stamps of one kernel, and rank no application.',
      },
    ],
  };
}

function captureErrors({ sessions, applications }: Summary): string[][] {
  if (sessions.length === 0) return [];
  const step = largest(sessions.map(({ resolutionSeconds }) => resolutionSeconds));
  const floor = applications.map(({ smallestDelayMs }) => smallestDelayMs).filter((delay) => delay !== null);
  const losses = sessions.flatMap(({ directions }) => directions.flatMap(({ loss }) => loss ?? []));
  const sum = (pick: (loss: (typeof losses)[number]) => number): string =>
    losses.length === 0
      ? missing
      : number(
          losses.reduce((total, loss) => total + pick(loss), 0),
          9,
        );
  return [
    [
      'Step of the captures’ clock',
      step === null ? missing : quantity(Math.round(step * 1e9), 'ns'),
      'A time below it is given as “below resolution”.',
    ],
    [
      'Floor of the one-way delay',
      floor.length === 0 ? missing : milliseconds(Math.min(...floor)),
      'The smallest of all packets: what the way and the captures take when nothing else does. No delay below it can be seen.',
    ],
    [
      'Packets that the captures dropped',
      dropped(sessions),
      'Where a capture dropped any, or did not report it, loss is unknown.',
    ],
    [
      'Packets matched ambiguously',
      sum(({ ambiguous }) => ambiguous),
      'They count for loss and give no delay.',
    ],
    [
      'Packets that arrived and were never seen to be sent',
      sum(({ unexplained }) => unexplained),
      'Above 0, loss is unknown: an end has not seen everything.',
    ],
    [
      'Quantiles within a session',
      `${number(100 * Histogram.relativeError)} % of the value`,
      'They are read from a histogram.',
    ],
  ];
}

function loadErrors({ ladders }: Summary): string[][] {
  const late = ladders.flatMap(({ steps }) => steps.flatMap(({ latenessSeconds }) => latenessSeconds ?? []));
  if (late.length === 0) return [];
  const most = (pick: (of: (typeof late)[number]) => number): string =>
    milliseconds(1000 * Math.max(...late.map(pick)));
  return [
    [
      'Lateness of the generator of load, 95th percentile of the worst step, and largest',
      `${most(({ p95 }) => p95)}, ${most(({ max }) => max)}`,
      'Latencies begin at the intended start, so it is in them: that much is the generator’s and not the application’s.',
    ],
  ];
}

function counterErrors({ resources }: Summary): string[][] {
  if (resources.visits.length === 0) return [];
  const verdicts = resources.agreement.map(({ quantity, verdict }) => `${quantity}: ${verdict}`).join('; ');
  return [
    [
      'Least CPU share that the kernel’s ticks tell apart',
      quantity(resources.cpuStepPercent, '% of all CPUs'),
      'One tick in the shortest visit; a share below it is given as “below resolution”.',
    ],
    [
      'Two sources beside each other, SSH and API',
      verdicts,
      'Differences and tolerances are in the table of scenario 1; “differ” means that one of the two is wrong by more than is explained.',
    ],
  ];
}

function clockErrors({ environment }: Summary): string[][] {
  const { clockOffsetSeconds: offset, clockOffsetUncertaintySeconds: error } = environment.facts;
  if (typeof offset !== 'number' || typeof error !== 'number') return [];
  return [
    [
      'Node’s clock less the collector’s',
      `${milliseconds(offset * 1000)}, known to ${milliseconds(error * 1000)}`,
      Math.abs(offset) < error
        ? 'Smaller than its own error, so not corrected for. Delays compare time stamps of one clock and are not touched.'
        : 'Corrected for in the times of starts and stops. Delays compare time stamps of one clock and are not touched.',
    ],
  ];
}

function dropped(sessions: readonly SessionResult[]): string {
  const drops = sessions.flatMap(({ captures }) => captures.map(({ droppedByKernel }) => droppedByKernel));
  const known = drops.filter((count) => count !== null);
  const total = number(
    known.reduce((sum, count) => sum + count, 0),
    9,
  );
  if (known.length === 0) return 'not reported';
  const silent = drops.length - known.length;
  return silent === 0 ? total : `${total}; ${silent} of ${drops.length} captures did not report`;
}

function costs({ resources, sessions, ladders }: Summary): string[][] {
  const steps = ladders.flatMap((ladder) => ladder.steps);
  const sampler = largest(resources.visits.map(({ samplerCpuPercent }) => samplerCpuPercent));
  const others = largest(
    sessions.map(({ nodeCpuPercent, guestsCpuPercent }) =>
      nodeCpuPercent === null || guestsCpuPercent === null ? null : nodeCpuPercent - guestsCpuPercent,
    ),
  );
  const capture = largest(sessions.map(({ captureCpuPercent }) => captureCpuPercent));
  return [
    ...(resources.visits.length === 0
      ? []
      : [
          [
            'Sampler over SSH, the most in a visit',
            quantity(sampler, '% of one CPU'),
            'Its own CPU time, recorded with every sample; it is in the node’s CPU at every level.',
          ],
          [
            'API’s polls and the SSH session',
            'not told apart',
            'Served by the node, at level 0 too. Each running guest adds a request to a poll, so that they do not wholly cancel out of the steps between levels.',
          ],
        ]),
    ...(sessions.length === 0
      ? []
      : [
          [
            'Captures at both ends, the most in a session',
            capture === null ? 'not recorded' : quantity(capture, '% of one CPU'),
            'They share the node’s CPUs with the guests and slow pages down accordingly.',
          ],
          [
            'Readers, captures and all else that is no guest, the most in a session',
            others === null ? 'not recorded' : quantity(others, '% of all CPUs'),
            'Readers run on the node as well: the clients’ own work, and that of any other program, is in page load times.',
          ],
        ]),
    ...(steps.length === 0
      ? []
      : [
          [
            'Generator of load, the most in a step',
            quantity(largest(steps.map(({ generatorCpuPercent }) => generatorCpuPercent)), '% of one CPU'),
            'It shares the node’s CPUs with the guests: the rates kept up with are at least a little higher without it.',
          ],
        ]),
  ];
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
