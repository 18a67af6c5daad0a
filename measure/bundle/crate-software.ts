import type { RawRun } from '../run/raw-run';
import { type Entity, reference, references } from './entity';
import type { Laboratory } from './publication';

export const MEASURED_WITH = '#measured-with';
export const DRAWN_WITH = '#drawn-with';

/** What of the environment is a program, and what it is called. */
const programs: Readonly<Record<string, string>> = {
  provider: 'Terraform provider',
  qemu: 'QEMU',
  pveManager: 'Proxmox VE',
  proxmoxVeApi: 'API of Proxmox VE',
  kernel: 'Linux',
  distribution: 'Operating system of the node',
  collectedWithNode: 'Node.js',
  python: 'Python on the node',
  iproute2: 'iproute2',
  moodle: 'Moodle in the guests’ template',
};

/** The laboratory at its commit, and all programs whose version the run has recorded. */
export function softwareOf({ environment }: RawRun, laboratory: Laboratory): readonly Entity[] {
  const { facts, templatePackages } = environment;
  const known = Object.entries(programs).flatMap(([fact, name]): Entity[] => {
    const version = facts[fact];
    if (version == null) return [];
    return [{ '@id': `#${fact}`, '@type': 'SoftwareApplication', name, softwareVersion: String(version) }];
  });
  const template: readonly Entity[] =
    facts.templateKey == null
      ? []
      : [
          {
            '@id': '#template',
            '@type': 'SoftwareApplication',
            name: 'Image of which the guests were made',
            identifier: String(facts.templateKey),
            softwareVersion: String(facts.templateKey),
            description:
              templatePackages === undefined
                ? 'Versions of its packages were not recorded.'
                : `Versions of its ${Object.keys(templatePackages).length} packages: templatePackages of raw/environment.json.`,
          },
        ];
  const parts = [...known, ...template];
  // A run is told by the version of then: that which draws the report may be later.
  const [, version] = /^\S+ (\S+)$/.exec(String(facts.project ?? '')) ?? [];
  const application = (id: string, of: string | undefined, commit: unknown): Entity => ({
    '@id': id,
    '@type': 'SoftwareApplication',
    name: laboratory.title,
    description: laboratory.abstract,
    softwareVersion: [of ?? 'unknown version', ...(commit == null ? [] : [`commit ${commit}`])].join(', '),
    license: reference(laboratory.licence),
    creator: references(laboratory.authors.map((_, index) => authorId(index))),
  });
  return [
    {
      ...application(MEASURED_WITH, version, facts.projectCommit),
      ...(parts.length > 0 && { softwareRequirements: references(parts.map((part) => part['@id'])) }),
    },
    application(DRAWN_WITH, laboratory.version, laboratory.commit),
    { '@id': laboratory.licence, '@type': 'CreativeWork', name: 'Licence of the laboratory' },
    ...laboratory.authors.map((name, index) => ({
      '@id': authorId(index),
      '@type': 'Organization',
      name,
    })),
    ...parts,
  ];
}

function authorId(index: number): string {
  return `#laboratory-author-${index + 1}`;
}
