import type { RawRun } from '../run/raw-run';
import { descriptionOf } from './crate';
import type { Laboratory, Publication } from './publication';

/** README.md of a bundle, for whoever has nothing but the zip. */
export function readme(
  raw: RawRun,
  { licence, authors }: Publication,
  { version, commit }: Laboratory,
): string {
  const { plan, environment } = raw;
  const by = authors.length === 0 ? '' : `By ${authors.map(({ name }) => name).join(', ')}. `;
  const terms =
    licence === null
      ? 'No licence is given: ask who made this before you use it.'
      : `Licence: ${licence.name === licence.url ? licence.url : `${licence.name} (${licence.url})`}.`;
  const made = [environment.facts.project, environment.facts.projectCommit].filter((fact) => fact != null);
  return `# Run ${plan.run}

${descriptionOf(raw)}

${by}${terms} The laboratory itself is cited as CITATION.cff says.

| file | what it is |
| --- | --- |
| report.html | the report; report.md in short, charts/ its charts |
| methods.md | the method, as a paper tells it |
| summary.json, samples.csv | every result, every single value |
| plan.json | what was planned, before the first sample |
| raw/ | the raw data: environment.json, lab.yaml, one file per visit, session, ladder and trial |
| ro-crate-metadata.json | all files, and what made them of what (RO-Crate 1.1) |
| manifest-sha256.txt | the SHA-256 of every file |

Whether all files are as they were, in the directory where this was unpacked:

    sha256sum --check --quiet manifest-sha256.txt

The laboratory does the same with the zip, and draws the report again from the raw data, which gives
the same bytes with the version that has drawn it: ${version}${commit === null ? '' : `, commit ${commit}`}.

    npm run report -- ${plan.run}.zip

${made.length === 0 ? 'The version of the laboratory was not recorded.' : `The run was made with ${made.join(', commit ')}.`}
`;
}
