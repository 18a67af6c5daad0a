import type { GuestKind } from './lab';
import { type Fields, fields, list, text } from './written';
import type { Fault } from './yaml-file';

/** Fields that a type of storage needs, and those that it may have; `path` has a default. */
const FIELDS: Readonly<
  Record<string, { readonly needs: readonly string[]; readonly may: readonly string[] }>
> = {
  directory: { needs: [], may: ['path'] },
  nfs: { needs: ['server', 'export'], may: [] },
  lvm: { needs: ['volumeGroup'], may: [] },
  lvmthin: { needs: ['volumeGroup', 'thinPool'], may: [] },
  zfspool: { needs: ['zfsPool'], may: [] },
};
const OWN_FIELDS = ['path', 'server', 'export', 'volumeGroup', 'thinPool', 'zfsPool'];
/** Of block storages, which hold no files. */
const WITHOUT_FILES: readonly unknown[] = ['lvm', 'lvmthin', 'zfspool'];

/** Storages that the lab declares: what their type needs, and whether they may hold what the lab keeps on them. */
export function storageFaults(
  lab: Fields,
  kindOfAll: GuestKind | undefined,
  onlyNode: boolean,
): readonly Fault[] {
  return Object.entries(fields(lab.storages)).flatMap(([id, written]) => {
    const storage = fields(written);
    const add: Fault[] = [];
    const fault = (field: string, message: string) => add.push({ path: ['storages', id, field], message });
    const type = text(storage.type) ?? '';
    const known = FIELDS[type];
    if (!known) return [];
    for (const field of OWN_FIELDS) {
      const given = storage[field] !== undefined;
      if (known.needs.includes(field) && !given)
        fault(field, `is missing; a storage of type ${type} needs one`);
      if (given && ![...known.needs, ...known.may].includes(field))
        fault(field, `is of another type of storage than ${type}`);
    }
    if (onlyNode && type !== 'directory') {
      fault(
        'type',
        `${type} is not on the local node, which has no block devices and mounts nothing: directory`,
      );
    }
    if (onlyNode && ['local', 'local-lvm'].includes(id)) {
      fault('type', `${id} is a storage that the local node has by itself; take another name`);
    }
    const content = Array.isArray(storage.content) ? storage.content : [];
    if (WITHOUT_FILES.includes(type)) {
      const files = content.filter((one) => one !== 'images' && one !== 'rootdir');
      if (files.length > 0)
        fault('content', `a storage of type ${type} holds disks (images, rootdir) and no files`);
    }
    const missing = usesOf(lab, id, kindOfAll).filter((one) => !content.includes(one));
    if (missing.length > 0) {
      fault('content', `lacks ${missing.join(', ')}, which the lab keeps there (storage)`);
    }
    return add;
  });
}

/** Types of content that the lab keeps on a storage. */
function usesOf(lab: Fields, id: string, kindOfAll: GuestKind | undefined): readonly string[] {
  const { disks, images, snippets } = fields(lab.storage);
  const kinds = list(lab.guests).map(({ kind = 'vm' }) => kindOfAll ?? kind);
  const [vms, containers] = [kinds.includes('vm') || kinds.length === 0, kinds.includes('container')];
  return [
    ...(disks === id && vms ? ['images'] : []),
    ...(disks === id && containers ? ['rootdir'] : []),
    ...(images === id && vms ? ['import'] : []),
    ...(images === id && containers ? ['vztmpl'] : []),
    ...(snippets === id && vms ? ['snippets'] : []),
  ];
}
