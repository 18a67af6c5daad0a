import { RawDataFault, readRawRun } from '../../run/raw-run';
import { analyse, type Summary } from '../summary';

/** Reads and analyses runs again, in this order. Throws RawDataFault, with the faults of all of them. */
export function readSummaries(directories: readonly string[]): readonly Summary[] {
  const faults: string[] = [];
  const summaries = directories.flatMap((directory) => {
    try {
      return [analyse(readRawRun(directory)).summary];
    } catch (error) {
      if (!(error instanceof RawDataFault)) throw error;
      faults.push(...error.faults);
      return [];
    }
  });
  if (faults.length > 0) throw new RawDataFault(faults);
  return summaries;
}
