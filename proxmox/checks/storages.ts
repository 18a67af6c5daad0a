import type { Lab } from '../../config/lab';
import { vmidOwners } from '../../config/vmids';
import { type Finding, fault, ok, warning } from './finding';
import { answerOf, type NodeFacts, type StorageRow } from './node-facts';

const GIB = 1024 ** 3;

interface Use {
  readonly id: string;
  /** Types of content that the lab keeps there. */
  readonly content: readonly string[];
  readonly bytes: number;
}

/** Storages with the types of content that the lab keeps on them, and their free space. */
export function checkStorages(facts: NodeFacts, lab: Lab): readonly Finding[] {
  const { storages } = facts;
  if ('fault' in storages) return [warning('storages', storages.fault, 'npm run privileges')];
  const disks = storages.value.find(({ storage }) => storage === lab.storage.disks);
  return [
    ...usesOf(facts, lab).map((use) => checkStorage(use, storages.value, lab)),
    ...(disks ? checkDisks(disks, lab) : []),
  ];
}

/** Types of storage that keep a disk as a block device, which has no format: in Proxmox VE's words, raw. */
const BLOCKS: ReadonlySet<string> = new Set([
  'lvm',
  'lvmthin',
  'zfspool',
  'zfs',
  'rbd',
  'iscsi',
  'iscsidirect',
]);
/** Of these the ones that cannot make a layer over a disk. */
const WITHOUT_CLONES: ReadonlySet<string> = new Set(['lvm', 'iscsi', 'iscsidirect']);

/** What lab.yaml says of guests' disks against what their storage can hold. */
function checkDisks({ storage, type }: StorageRow, { guests, images }: Lab): readonly Finding[] {
  const findings: Finding[] = [];
  const subject = `disks on ${storage}`;
  const layered = guests.filter(({ format }) => format === 'qcow2');
  if (BLOCKS.has(type) && layered.length > 0) {
    const names = layered.map(({ name }) => name).join(', ');
    const found = `a storage of type ${type} holds raw disks, and lab.yaml says format: qcow2 of ${names}`;
    findings.push(fault(subject, found, 'leave format out, or name a directory or NFS storage in lab.yaml'));
  }
  if (WITHOUT_CLONES.has(type) && images.deploy === 'linked-clone') {
    const found = `a storage of type ${type} has no linked clones`;
    findings.push(fault(subject, found, 'images.deploy: full-clone or import in lab.yaml'));
  }
  return findings;
}

function checkStorage(use: Use, rows: readonly StorageRow[], lab: Lab): Finding {
  const subject = `storage ${use.id}`;
  const row = rows.find(({ storage }) => storage === use.id);
  if (!row && lab.storages?.[use.id]) {
    return ok(subject, `the deployment makes it (${lab.storages[use.id]?.type})`);
  }
  if (!row) {
    const names = rows.map(({ storage }) => storage).join(', ');
    const found = `the node has no such storage, or this login may not see it; it sees ${names || 'none'}`;
    return fault(
      subject,
      found,
      'correct storage in lab.yaml, or grant Datastore.Audit (npm run privileges)',
    );
  }
  if (row.enabled === 0 || row.active === 0) {
    const found = row.enabled === 0 ? 'it is disabled' : 'it is not active';
    return fault(subject, found, `pvesm status on the node says why; pvesm set ${use.id} --disable 0`);
  }
  const accepted = row.content.split(',').filter(Boolean);
  const missing = use.content.filter((type) => !accepted.includes(type));
  const declared = lab.node.storageContent ?? [];
  const lacking = missing.filter((type) => type === 'images' || !declared.some((name) => name === type));
  if (lacking.length > 0) {
    const all = [...accepted, ...missing].join(',');
    const inLabFile = lacking.includes('images')
      ? ''
      : `, or node.storageContent: [${missing.join(', ')}] in lab.yaml`;
    const remedy = `on the node: pvesm set ${use.id} --content ${all}${inLabFile}`;
    return fault(subject, `it does not accept ${lacking.join(', ')} (only ${accepted.join(', ')})`, remedy);
  }
  return checkSpace(subject, use, row, missing);
}

function checkSpace(subject: string, use: Use, row: StorageRow, added: readonly string[]): Finding {
  const free = row.avail === undefined ? 'unknown space' : `${gibibytes(row.avail)} free`;
  if (row.avail !== undefined && row.avail < use.bytes) {
    const found = `${free}, up to ${gibibytes(use.bytes)} needed`;
    const remedy = 'free some space there, or name another storage in lab.yaml';
    // Of other types of storage only what is written takes space.
    return row.type === 'lvm' || row.avail < GIB / 4
      ? fault(subject, found, remedy)
      : warning(subject, found, remedy);
  }
  const adds = added.length > 0 ? `; the deploy adds ${added.join(', ')}` : '';
  return ok(subject, `${row.type}, ${free}${adds}`);
}

/** What a guest's kind needs storages to accept. */
const CONTENT = {
  vm: { disk: 'images', image: 'import' },
  container: { disk: 'rootdir', image: 'vztmpl' },
} as const;

/** Guests that are there already have their disks. */
function usesOf(facts: NodeFacts, lab: Lab): readonly Use[] {
  const there = new Set(answerOf(facts.guests)?.map(({ vmid }) => vmid));
  const { storage, images, guests } = lab;
  const wanted = vmidOwners(lab).filter(({ vmid }) => !there.has(vmid));
  const disks = wanted.reduce((sum, { diskGiB }) => sum + diskGiB, 0) * GIB;
  const image = images.source === 'template' ? (facts.images.template?.fileBytes ?? 0) : cloudBytes(facts);
  const kinds = [...new Set(guests.length > 0 ? guests.map(({ kind }) => kind) : (['vm'] as const))];
  const uses: readonly Use[] = [
    ...kinds.map((kind) => ({ id: storage.disks, content: [CONTENT[kind].disk], bytes: 0 })),
    ...kinds.map((kind) => ({ id: storage.images, content: [CONTENT[kind].image], bytes: 0 })),
    { id: storage.disks, content: [], bytes: disks },
    { id: storage.images, content: [], bytes: wanted.length > 0 ? image : 0 },
    // A container's user data goes into its root file system.
    ...(kinds.includes('vm') ? [{ id: storage.snippets, content: ['snippets'], bytes: 0 }] : []),
  ];
  return [...new Set(uses.map(({ id }) => id))].map((id) => {
    const same = uses.filter((use) => use.id === id);
    return {
      id,
      content: same.flatMap(({ content }) => content),
      bytes: same.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
}

function cloudBytes({ images }: NodeFacts): number {
  return [...images.cloud.values()].reduce((sum, image) => sum + (answerOf(image)?.size ?? 0), 0);
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
