import Table from 'cli-table3';
import pc from 'picocolors';
import type { RunRow } from '../../analyse/run-list';
import { fixed, scales, when } from '../document/format';

const targets = { local: 'local node', proxmox: 'Proxmox VE' } as const;
const accelerations = { kvm: 'KVM', tcg: 'emulated', simulated: 'simulated', native: 'containers' } as const;

/** Runs as a table, and why some cannot be read. `colour` false (NO_COLOR, a pipe) gives plain text. */
export function renderRunList(rows: readonly RunRow[], colour: boolean = pc.isColorSupported): string {
  const paint = pc.createColors(colour);
  const table = new Table({
    head: ['Run', 'Registered', 'Plan', 'Target', 'n', 'Faults', 'Size', 'State'],
    colAligns: ['left', 'left', 'left', 'left', 'left', 'right', 'right', 'left'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: colour ? { head: ['bold'] } : { head: [], border: [] },
  });
  const colours = {
    ended: String,
    interrupted: paint.yellow,
    running: paint.green,
    unreadable: paint.red,
  };
  for (const row of rows) {
    table.push([
      row.run,
      row.registeredAt === null ? '–' : when(row.registeredAt).replace(/:\d\d UTC$/, ' UTC'),
      row.plan ?? '–',
      targetOf(row),
      repetitionsOf(row),
      row.faults === null ? '–' : String(row.faults),
      size(row.bytes),
      colours[row.state](row.state),
    ]);
  }
  const reasons = rows.flatMap(({ run, reasons }) => reasons.map((reason) => `${run}: ${reason}`));
  return [table.toString(), ...reasons].join('\n');
}

function targetOf({ target, acceleration }: RunRow): string {
  if (target === null) return '–';
  return `${targets[target]}, ${acceleration === null ? 'acceleration unknown' : accelerations[acceleration]}`;
}

/** "3 visits", "2–3 of 5 sessions", a line for each scenario: of the level, application or guest that has the fewest, and the most. */
function repetitionsOf({ repetitions }: RunRow): string {
  const nouns = { resources: 'visit', qos: 'session', load: 'ladder', benchmarks: 'trial' } as const;
  const texts = (repetitions ?? []).map(({ scenario, planned, least, most }) => {
    const made = least === most ? String(least) : `${least}–${most}`;
    const of = least === planned ? made : `${made} of ${planned}`;
    return `${of} ${nouns[scenario]}${planned === 1 ? '' : 's'}`;
  });
  return texts.join('\n') || '–';
}

function size(bytes: number): string {
  const { factor, unit } = bytes < scales.gibibytes.factor ? scales.mebibytes : scales.gibibytes;
  return fixed(bytes / factor, 1, unit);
}
