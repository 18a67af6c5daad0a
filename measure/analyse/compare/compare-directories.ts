import { RawDataFault, readRawRun } from '../../run/raw-run';
import { analyse } from '../summary';
import { compareRuns, type RunComparison } from './compare-runs';

/** Reads and analyses both runs again. Throws RawDataFault, with the faults of both runs. */
export function compareDirectories(a: string, b: string, only?: string): RunComparison {
  const faults: string[] = [];
  const read = (directory: string) => {
    try {
      return analyse(readRawRun(directory)).summary;
    } catch (error) {
      if (!(error instanceof RawDataFault)) throw error;
      faults.push(...error.faults);
      return null;
    }
  };
  const [ofA, ofB] = [read(a), read(b)];
  if (ofA === null || ofB === null) throw new RawDataFault(faults);
  return compareRuns(ofA, ofB, only);
}
