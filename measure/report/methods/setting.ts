import { delayPlaces } from '../../analyse/sessions/delay-places';
import type { Summary } from '../../analyse/summary';
import { describeShape, isShaped, linkShape } from '../../run/link-shape';
import { number, plural, quantity, when } from '../document/format';
import { listed } from './words';

/** What ran what: node, guests, networks. A fact that the run has not recorded is not in the text. */
export function settingParagraph(summary: Summary): string {
  return [
    nodeSentence(summary),
    acceleration(summary),
    ...guestSentences(summary),
    clientsSentence(summary),
  ].join(' ');
}

function nodeSentence({ environment: { target, facts } }: Summary): string {
  const node =
    target === 'local'
      ? 'a node that answers the API of Proxmox VE on a single machine (the embedded node of pve-virtualization-lab)'
      : `a Proxmox VE node${facts.pveManager ? ` (${facts.pveManager})` : ''}`;
  const memory = typeof facts.memoryBytes === 'number' ? quantity(facts.memoryBytes / 2 ** 30, 'GiB') : null;
  const hardware = [
    ...(typeof facts.cpus === 'number'
      ? [`${plural(facts.cpus, 'CPU')}${facts.cpuModel ? ` (${facts.cpuModel})` : ''}`]
      : []),
    ...(memory === null ? [] : [`${memory} of memory`]),
    ...(facts.virtualizedIn && facts.virtualizedIn !== 'none'
      ? [`itself in a virtual machine or container (${facts.virtualizedIn})`]
      : []),
  ];
  const system = [
    facts.distribution,
    facts.kernel == null ? null : `Linux ${facts.kernel}`,
    facts.qemu,
  ].filter((part) => part != null);
  return `The guests ran on ${node}${hardware.length === 0 ? '' : `, with ${listed(hardware)}`}${system.length === 0 ? '' : `, under ${system.join(', ')}`}.`;
}

const accelerations: Readonly<Record<string, string>> = {
  kvm: 'They were virtualised by hardware (KVM).',
  tcg: 'They were emulated in software (QEMU’s TCG), without hardware virtualisation: times and processor figures describe the emulator as much as the guests and cannot be compared with those of virtualised guests.',
  native:
    'They were unprivileged containers (LXC): their processes run on the node’s own kernel, without virtual hardware.',
  simulated: 'They were simulated: no guest has run, and the figures say nothing about virtual machines.',
  null: 'Whether they were virtualised by hardware or emulated was not recorded.',
};

function acceleration({ environment }: Summary): string {
  return accelerations[`${environment.acceleration}`] ?? '';
}

function guestSentences({ plan, environment: { facts, templatePackages } }: Summary): readonly string[] {
  const guests = plan.lab.guests.map(
    ({ name, role, kind, cores, memoryMiB, diskGiB, cache, format }) =>
      `${name} (${kind === 'container' ? 'container, ' : ''}application ${role}, ${plural(cores, 'core')}, ${quantity(memoryMiB, 'MiB', 6)}, disk of ${quantity(diskGiB, 'GiB')}${format === undefined ? '' : `, ${format}`}${cache === undefined ? '' : `, cache ${cache}`})`,
  );
  const packages =
    templatePackages === undefined ? '' : `, of ${plural(Object.keys(templatePackages).length, 'package')}`;
  const image =
    plan.lab.images.source === 'cloud'
      ? [
          'They were installed from cloud images of their distributions, named with their checksums in plan.json.',
        ]
      : facts.templateKey == null
        ? []
        : [`All were copies of one image (template ${facts.templateKey}${packages}).`];
  const missing = plan.missingApplications.map(
    ({ guest, reason }) =>
      `The application of ${guest} was not installed (${reason}), so that this guest counts as a running guest only.`,
  );
  return [
    `${guests.length === 1 ? 'The guest was' : 'Guests were'} ${listed(guests)}.`,
    ...image,
    ...missing,
  ];
}

function clientsSentence(summary: Summary): string {
  const { clients, networks } = summary.plan.lab;
  const shape = linkShape(networks.clients);
  const places = delayPlaces(summary).map((place) => `in the ${place}`);
  const link = isShaped(shape)
    ? `Their links were shaped: ${describeShape(shape)}${places.length === 0 ? '' : ` (the delay was made ${listed(places)})`}.`
    : 'Their links were not shaped.';
  return `${plural(clients.length, 'client')} had a network of their own, which the node routed to that of the guests. ${link}`;
}

/** With what the run was made, and how anybody finds out what is not said here. */
export function versionsParagraph({ run, plan, environment: { facts } }: Summary): string {
  const lab = [
    facts.project ?? 'pve-virtualization-lab, of a version that was not recorded',
    ...(facts.projectCommit == null ? [] : [`commit ${facts.projectCommit}`]),
  ].join(', ');
  const others = [
    facts.provider,
    facts.collectedWithNode == null ? null : `Node.js ${facts.collectedWithNode}`,
    facts.python == null ? null : `Python ${facts.python}`,
    facts.iproute2,
  ].filter((part) => part != null);
  const capture = facts.capture == null ? '' : ` Packets were captured by ${facts.capture}.`;
  return `The lab was deployed and measured by ${lab}${others.length === 0 ? '' : ` (${others.join('; ')})`}.${capture} The plan “${plan.planName}” was registered before the first sample, on ${when(plan.registeredAt)}; orders and think times were drawn from the seed ${number(plan.seed, 9).replaceAll(',', '')}. The plan, all raw data and the environment are kept as run ${run}, from which every figure can be made again.`;
}
