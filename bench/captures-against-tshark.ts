/**
 * Compares what is read from captures with tshark: packets, bytes, duration, sessions, and what was sent again or came out
 * of order. Arguments: a directory of captures (searched to its depth), "all" to list also the files that are explained.
 * Ends with 1 where a difference has no explanation. A table of kinds is in docs/explanation/method.md.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readSessions } from '../measure/analyse/captures/capture-sessions';
import { spanSeconds } from '../measure/analyse/captures/time-span';
import { CaptureFault } from '../measure/analyse/packets/capture-format';
import { PacketFilter } from '../measure/analyse/packets/packet-filter';
import { explain, type Figures, measures, type Reading } from './captures-against-tshark/differences';
import { tsharkReading, tsharkVersion } from './captures-against-tshark/tshark-reading';

function ourReading(file: string): Reading {
  try {
    const facts = readSessions(file, new PacketFilter(null, null));
    let again = 0;
    for (const { toServer, toClient } of facts.sessions) {
      for (const totals of [toServer, toClient]) again += totals.retransmissions + totals.outOfOrder;
    }
    const figures: Figures = {
      packets: facts.frames,
      bytes: facts.frameBytes,
      microseconds: Math.round((spanSeconds([facts]) ?? 0) * 1e6),
      sessions: facts.sessions.length,
      again,
    };
    const kinds = [...facts.notRead.keys()].map(({ kind }) => kind);
    return {
      figures,
      refused: null,
      partial: facts.fault?.reason ?? null,
      kinds: [
        ...kinds,
        ...(facts.malformedFrames > 0 ? ['lengths that lie'] : []),
        ...(facts.oddStamps > 0 ? ['odd stamps'] : []),
      ],
    };
  } catch (error) {
    if (!(error instanceof CaptureFault)) throw error;
    return { figures: null, refused: error.reason, partial: null, kinds: [] };
  }
}

function main(): void {
  const [directory, list] = process.argv.slice(2);
  if (directory === undefined) throw new Error('a directory of captures');
  const version = tsharkVersion();
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const equal: Record<string, number> = {};
  const kinds = new Map<string, number>();
  const unexplained: string[] = [];
  for (const file of files) {
    const ours = ourReading(file);
    const theirs = tsharkReading(file);
    for (const measure of measures) {
      const pair = [ours.figures?.[measure] ?? null, theirs.figures?.[measure] ?? null] as const;
      if (pair[0] === pair[1]) {
        equal[measure] = (equal[measure] ?? 0) + 1;
        continue;
      }
      const kind = explain(measure, ours, theirs);
      const line = `${file}: ${measure} ${pair[0]}, tshark ${pair[1]}`;
      if (kind === null) unexplained.push(line);
      else {
        kinds.set(`${measure}: ${kind}`, (kinds.get(`${measure}: ${kind}`) ?? 0) + 1);
        if (list === 'all') console.log(`${line} (${kind})`);
      }
    }
  }
  console.log(`${files.length} files; ${version}`);
  for (const measure of measures) console.log(`${measure.padEnd(14)} equal in ${equal[measure] ?? 0}`);
  for (const [kind, count] of [...kinds].sort()) console.log(`${String(count).padStart(5)} ${kind}`);
  for (const line of unexplained) console.log(`without an explanation: ${line}`);
  process.exitCode = unexplained.length > 0 ? 1 : 0;
}

main();
