import type { Sample } from '../../analyse/figures/sample';

/** RFC 4180, with a header; an empty value = not measured. */
export function renderSamples(run: string, samples: readonly Sample[]): string {
  const lines = samples.map((sample) =>
    [
      run,
      sample.scenario,
      sample.group,
      sample.repetition,
      sample.part,
      sample.metric,
      sample.value,
      sample.unit,
      sample.time,
    ]
      .map(field)
      .join(','),
  );
  return `${['run,scenario,group,repetition,part,metric,value,unit,time', ...lines].join('\n')}\n`;
}

function field(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
