import type { ApplicationLoad } from '../../analyse/load/load';
import type { Summary } from '../../analyse/summary';
import { responseChart, throughputChart } from '../charts/users-charts';
import type { Block } from '../document/document';
import { distribution, labelled, quantity, scales } from '../document/format';

/** Response time and throughput by number of users, where the plan has a closed loop. */
export function usersBlocks({ load, label }: Summary): Block[] {
  const measured = load.flatMap(({ guest, users = [], kneeUsers = null }) =>
    users.length > 0 ? [{ guest, users, kneeUsers }] : [],
  );
  const think = measured[0]?.users[0]?.thinkSeconds;
  if (think === undefined) return [];
  return [
    {
      kind: 'text',
      text: `Closed loop: users who ask for a page, wait for the answer, think (exponential, ${quantity(think, 's')} on average) and ask again. What ended after the first quarter of each step counts. The knee is where the asymptotes of the throughput meet: the highest throughput, multiplied by the response time of the fewest users plus the think time (Lazowska et al., Quantitative System Performance, 1984, ch. 5). Beyond it users wait for each other. A user who waits asks for nothing, so a slow server is asked less, and response times stay finite at any number of users; at the rates above nobody waits with asking, and latency runs from the intended start. Where both are at the same throughput, the latency of the rates is the higher one, the more so near the capacity: what the closed loop leaves out is coordinated omission, and neither of the two is wrong. A fixed number of people is the one, visitors who come and go are the other.`,
    },
    {
      kind: 'list',
      items: measured.map((application) => `${application.guest} ${kneeFinding(application)}.`),
    },
    {
      kind: 'charts',
      charts: measured.flatMap(({ guest, users }) => {
        const points = users.map((each) => ({
          users: each.users,
          throughput: each.answeredPerSecond?.median ?? null,
          median: each.medianSeconds?.median ?? null,
          p95: each.p95Seconds?.median ?? null,
        }));
        return [
          {
            id: `users-throughput-${guest}`,
            title: labelled(`${guest}: throughput by users`, label),
            caption: 'Medians of the ladders. Where the line bends, users begin to wait for each other.',
            svg: throughputChart(points),
          },
          {
            id: `users-response-${guest}`,
            title: labelled(`${guest}: response time by users`, label),
            caption: 'Medians of the ladders. Circles: median, triangles: 95th percentile.',
            svg: responseChart(points),
          },
        ];
      }),
    },
    ...measured.map(
      ({ guest, users }): Block => ({
        kind: 'table',
        title: labelled(`Users of ${guest}`, label),
        head: ['Users', 'Throughput', 'Response, mean', 'Response, median', 'Response, 95th percentile'],
        rows: users.map((each) => [
          String(each.users),
          distribution(each.answeredPerSecond, scales.perSecond, each.ladders),
          distribution(each.meanSeconds, scales.seconds, each.ladders),
          distribution(each.medianSeconds, scales.seconds, each.ladders),
          distribution(each.p95Seconds, scales.seconds, each.ladders),
        ]),
      }),
    ),
  ];
}

function kneeFinding({ kneeUsers, users }: Required<Pick<ApplicationLoad, 'kneeUsers' | 'users'>>): string {
  const most = users.at(-1)?.users ?? 0;
  const ladders = users[0]?.ladders === 1 ? 'one ladder' : 'median of the ladders';
  return kneeUsers === null
    ? `has no knee up to ${most} users in every ladder`
    : `has its knee at ${quantity(kneeUsers.median, 'users')} (${ladders})`;
}
