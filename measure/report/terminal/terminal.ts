import Table from 'cli-table3';
import pc from 'picocolors';
import type { Summary } from '../../analyse/summary';
import { delayOf, distribution, labelText, scales } from '../document/format';
import { say } from '../language/messages';
import { loadFinding } from '../sections/load-section';

/** The main figures as tables for a terminal. `colour` false (NO_COLOR, a pipe) gives plain text. */
export function renderTerminal(summary: Summary, colour: boolean = pc.isColorSupported): string {
  const words = say().terminal;
  const style = colour ? { head: ['bold'] } : { head: [], border: [] };
  const parts: string[] = [];
  if (summary.label !== null) parts.push(pc.createColors(colour).yellow(words.all(labelText(summary.label))));
  if (summary.resources.levels.length > 0) {
    const table = new Table({ head: [...words.levels], style });
    for (const level of summary.resources.levels) {
      const transient = level.loadTransient[0] ? ` (${words.transient})` : '';
      table.push([
        `${level.level}${level.disturbedVisits > 0 ? ` (${words.disturbed})` : ''}`,
        distribution(level.cpuPercent, scales.percent),
        distribution(level.memoryUsedBytes, scales.gibibytes),
        `${distribution(level.loadAverage[0], scales.plain)}${transient}`,
      ]);
    }
    parts.push(table.toString());
  }
  if (summary.applications.length > 0) {
    const table = new Table({
      head: [...words.applications],
      style,
    });
    for (const application of summary.applications) {
      if (application.missingBecause !== null) {
        table.push([
          application.guest,
          { content: words.notInstalled(application.missingBecause), colSpan: 5 },
        ]);
        continue;
      }
      table.push([
        application.guest,
        distribution(application.throughputBitsPerSecond, scales.kilobits),
        application.lossPercent === null
          ? words.unknown
          : distribution(application.lossPercent, scales.percent),
        delayOf(application, 'oneWayDelayMs'),
        delayOf(application, 'jitterMs'),
        distribution(application.pageLoadSeconds, scales.seconds),
      ]);
    }
    parts.push(table.toString());
  }
  parts.push(
    ...summary.load.map((application) => words.load(`${application.guest} ${loadFinding(application)}`)),
    ...summary.faults.map((fault) => words.fault(fault)),
  );
  return parts.join('\n');
}
