import type { Sample } from '../../analyse/figures/sample';
import { csvLine } from './csv-line';

/** RFC 4180, with a header; an empty value = not measured. */
export function renderSamples(run: string, samples: readonly Sample[]): string {
  const lines = samples.map((sample) =>
    csvLine([
      run,
      sample.scenario,
      sample.group,
      sample.repetition,
      sample.part,
      sample.metric,
      sample.value,
      sample.unit,
      sample.time,
    ]),
  );
  return `${['run,scenario,group,repetition,part,metric,value,unit,time', ...lines].join('\n')}\n`;
}
