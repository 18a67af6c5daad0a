import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { InputError } from '../../config/input-error';
import { repositoryRoot } from '../../config/paths';
import { commitOf } from '../../machine/commit';
import packageJson from '../../package.json';

/** What only the person who gives a run away can say. */
export interface Publication {
  /** Null = not given: nobody may use it. */
  readonly licence: { readonly name: string; readonly url: string } | null;
  readonly authors: readonly { readonly id: string; readonly name: string }[];
}

/** The laboratory as it draws the report: its version may be later than that which has measured. As CITATION.cff and package.json have it. */
export interface Laboratory {
  readonly title: string;
  readonly abstract: string;
  readonly version: string;
  /** Null where it is no clone. */
  readonly commit: string | null;
  readonly licence: string;
  readonly authors: readonly string[];
  /** Text of CITATION.cff. */
  readonly citation: string;
}

/** Licences that are made for data and for text. */
const licences: Readonly<Record<string, string>> = {
  'CC0-1.0': 'https://creativecommons.org/publicdomain/zero/1.0/',
  'CC-BY-4.0': 'https://creativecommons.org/licenses/by/4.0/',
  'CC-BY-SA-4.0': 'https://creativecommons.org/licenses/by-sa/4.0/',
  'CC-BY-NC-4.0': 'https://creativecommons.org/licenses/by-nc/4.0/',
  'ODbL-1.0': 'https://opendatacommons.org/licenses/odbl/1-0/',
  'ODC-By-1.0': 'https://opendatacommons.org/licenses/by/1-0/',
  'PDDL-1.0': 'https://opendatacommons.org/licenses/pddl/1-0/',
};

export const licenceNames = Object.keys(licences);

/** A licence by its SPDX name, or by the address of its text. Throws InputError. */
export function licenceOf(given: string | undefined): Publication['licence'] {
  if (given === undefined) return null;
  const url = licences[given] ?? (/^https?:\/\/\S+$/.test(given) ? given : undefined);
  if (url) return { name: given, url };
  throw new InputError(`--license ${given}: one of ${licenceNames.join(', ')}, or the address of its text`);
}

/** "Ada Lovelace", or "Ada Lovelace <https://orcid.org/0000-0001-2345-6789>". Throws InputError. */
export function authorOf(given: string, index: number): Publication['authors'][number] {
  const match = /^\s*([^<>]*[^<>\s])\s*(?:<(https?:\/\/[^<>\s]+)>)?\s*$/.exec(given);
  if (!match?.[1]) throw new InputError(`--author ${given}: a name, or "Name <https://orcid.org/...>"`);
  return { name: match[1], id: match[2] ?? `#author-${index + 1}` };
}

interface CitationFile {
  readonly title: string;
  readonly abstract: string;
  readonly license: string;
  readonly authors: readonly { readonly name: string }[];
}

export async function laboratory(): Promise<Laboratory> {
  const citation = readFileSync(join(repositoryRoot, 'CITATION.cff'), 'utf8');
  const { title, abstract, license, authors }: CitationFile = parse(citation);
  return {
    title,
    abstract: abstract.trim(),
    version: packageJson.version,
    commit: await commitOf(repositoryRoot),
    licence: `https://spdx.org/licenses/${license}`,
    authors: authors.map(({ name }) => name),
    citation,
  };
}
