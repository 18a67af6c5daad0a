import type { ApplicationResult } from '../../analyse/sessions/applications';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import { paperApplication } from '../../study-2019/paper';
import type { Finding } from '../document/document';
import { coverages, median, number, plural, quantity, scales } from '../document/format';
import { say } from '../language/messages';
import { loadFinding } from '../sections/load-section';
import { benchmarkFindings } from './benchmark-findings';
import { inTurn } from './in-turn';

import { rangeOf, repetitionsOf } from './ranges';
import { resourceFindings } from './resource-findings';
import { overlap } from './step-verdict';

const most = 3;

/** At most three sentences of what the figures show, of every scenario that was measured, made by rule. */
export function findings(summary: Summary): readonly Finding[] {
  const { names } = say().findings;
  const load = summary.load.filter(({ ladders }) => ladders > 0);
  const loads: Finding[] =
    load.length === 0
      ? []
      : [
          {
            name: names.load,
            text: `${load.map((each) => `${each.guest} ${loadFinding(each)}`).join('; ')}.`,
          },
        ];
  return inTurn(
    [resourceFindings(summary), clientFindings(summary), loads, benchmarkFindings(summary)],
    most,
  );
}

function clientFindings({ applications, plan }: Summary): Finding[] {
  const words = say().findings;
  const measured = applications.filter(({ sessions }) => sessions > 0);
  if (measured.length === 0) return [];
  const pages = pageFinding(measured);
  const loss = lossFinding(measured);
  // Where other scenarios take the other places, pages and loss share one.
  if (plan.scenarios.length > 1 && pages !== null) {
    return [{ name: words.names.pages, text: `${pages} ${words.names.packets}: ${loss}` }];
  }
  return [
    ...(pages === null ? [] : [{ name: words.names.pages, text: pages }]),
    { name: words.names.packets, text: `${loss}${delays(measured)}` },
    ...throughput(measured),
  ];
}

function pageFinding(applications: readonly ApplicationResult[]): string | null {
  const words = say().findings;
  const sorted = applications
    .flatMap(({ guest, pageLoadSeconds: time }) => (time === null ? [] : [{ guest, time }]))
    .sort((a, b) => a.time.median - b.time.median);
  const [fast, slow] = [sorted[0], sorted.at(-1)];
  if (fast === undefined || slow === undefined) return null;
  const seconds = (of: Distribution): string => median(of, scales.seconds);
  const n = repetitionsOf(sorted.map(({ time }) => time));
  if (fast === slow) return words.page(fast.guest, seconds(fast.time), n);
  const common = overlap(fast.time, slow.time);
  const coverage = coverages([fast.time, slow.time]);
  const verdict =
    common === null || coverage === null
      ? words.overlap.none
      : common
        ? words.overlap.overlap(coverage)
        : words.overlap.apart(coverage);
  return `${words.pages(fast.guest, seconds(fast.time), slow.guest, seconds(slow.time), n)} ${verdict}`;
}

/** None seen among n: with 95 % confidence the rate is below 3/n (Hanley and Lippman-Hand, JAMA 1983). */
function lossFinding(applications: readonly ApplicationResult[]): string {
  const words = say().findings;
  const known = applications.filter(({ lossPercent }) => lossPercent !== null);
  const followed = known.reduce((sum, { packetsFollowed }) => sum + packetsFollowed, 0);
  const lost = known.reduce((sum, { packetsLost }) => sum + packetsLost, 0);
  if (followed === 0) return words.lossUnknown;
  const packets = plural(followed, 'packet');
  const text =
    lost === 0
      ? words.noLoss(packets, quantity(300 / followed, '%', 2))
      : words.loss(
          lost === 1 ? '1 was' : `${number(lost, 9)} were`,
          packets,
          quantity((100 * lost) / followed, '%', 2),
        );
  return known.length === applications.length
    ? text
    : `${text}${words.lossKnownFor(known.length, applications.length)}`;
}

function delays(applications: readonly ApplicationResult[]): string {
  const time = (key: 'oneWayDelayMs' | 'jitterMs'): string | null =>
    rangeOf(
      applications.flatMap((application) => {
        const of = application[key];
        return of === null ? [] : [of];
      }),
    );
  const [delay, jitter] = [time('oneWayDelayMs'), time('jitterMs')];
  return delay === null || jitter === null ? '' : say().findings.delays(delay, jitter);
}

function throughput(applications: readonly ApplicationResult[]): Finding[] {
  const words = say().findings;
  const measured = applications.flatMap(({ throughputBitsPerSecond: of }) => (of === null ? [] : [of]));
  const range = rangeOf(measured, scales.kilobits);
  if (range === null) return [];
  const paper = applications
    .flatMap(({ guest }) => paperApplication(guest)?.throughputBitsPerSecond ?? [])
    .map((rate) => rate / 1000);
  return [
    {
      name: words.names.throughput,
      text: words.throughput(
        range,
        repetitionsOf(measured),
        paper.length === 0
          ? null
          : say().shared.range(number(Math.min(...paper)), quantity(Math.max(...paper), 'kbit/s')),
      ),
    },
  ];
}
