import type { GuestKind } from './lab';
import { TEMPLATE_DISK_GIB } from './lab-schema';
import { type Fields, fields, list, text } from './written';
import type { Fault } from './yaml-file';

const VM_DISK_OPTIONS = ['cache', 'format', 'discard', 'iothread', 'aio'] as const;

/** A disk is made from its image, and can only grow. */
export function diskFaults(lab: Fields): readonly Fault[] {
  const images = fields(lab.images);
  return list(lab.guests).flatMap((guest, index) => {
    const { diskGiB = TEMPLATE_DISK_GIB } = guest;
    const image = text(guest.image) ?? '';
    const least =
      images.source === 'template' ? TEMPLATE_DISK_GIB : fields(fields(images.cloud)[image]).minimumDiskGiB;
    if (typeof diskGiB !== 'number' || typeof least !== 'number' || diskGiB >= least) return [];
    const which = images.source === 'template' ? 'the template' : `the image ${image}`;
    const unsaid = guest.diskGiB === undefined ? ', the default,' : '';
    const message = `${diskGiB} GiB${unsaid} is less than ${which} itself has (${least} GiB), and a disk cannot be shrunk`;
    return [{ path: ['guests', index, 'diskGiB'], message }];
  });
}

/** The VM template that guests are cloned from has a vmid and a name, which no guest may have. */
export function templateFaults(lab: Fields): readonly Fault[] {
  const { deploy = 'import', source, templateVmid: first, cloud } = fields(lab.images);
  if (deploy !== 'linked-clone' && deploy !== 'full-clone') return [];
  const faults: Fault[] = [];
  if (first === undefined && lab.vmids === undefined) {
    const message = `is missing, and images.deploy is ${deploy}: the VM template that guests are cloned from needs one; with "vmids: auto" at the top of the file it gets a free one`;
    faults.push({ path: ['images', 'templateVmid'], message });
  }
  const own = fields(lab.node).name;
  const nodes = new Set([own, ...list(lab.guests).map(({ node = own }) => node)]).size;
  const many = source === 'template' ? 1 : Object.keys(fields(cloud)).length;
  list(lab.guests).forEach(({ name, vmid }, index) => {
    if (
      typeof first === 'number' &&
      typeof vmid === 'number' &&
      vmid >= first &&
      vmid < first + many * nodes
    ) {
      const message = `${vmid} is kept for the VM templates of images.templateVmid (${first} to ${first + many * nodes - 1})`;
      faults.push({ path: ['guests', index, 'vmid'], message });
    }
    if (typeof name === 'string' && name.replace(/-\d+$/, '') === `${lab.name}-template`) {
      const message = `"${name}" is the name of a VM template, because images.deploy is ${deploy}`;
      faults.push({ path: ['guests', index, 'name'], message });
    }
  });
  return faults;
}

/** Of options of a disk those that exclude each other, and those of a container, which has none. */
export function diskOptionFaults(lab: Fields, kindOfAll: GuestKind | undefined): readonly Fault[] {
  const { deploy = 'import' } = fields(lab.images);
  return list(lab.guests).flatMap((guest, index) => {
    const { aio, cache, format } = guest;
    const faults: Fault[] = [];
    const add = (field: string, message: string) => faults.push({ path: ['guests', index, field], message });
    if ((kindOfAll ?? guest.kind) === 'container') {
      for (const option of VM_DISK_OPTIONS) {
        if (guest[option] !== undefined) add(option, "is of a VM's disk, and a container has none");
      }
      return faults;
    }
    if (aio === 'native' && cache !== 'none' && cache !== 'directsync') {
      const used =
        cache === undefined ? 'the node may use where no cache mode is given' : `cache: ${cache} uses`;
      add(
        'aio',
        `native goes past the node's page cache, which ${used}; say cache: none or cache: directsync, or take threads or io_uring`,
      );
    }
    if (format !== undefined && deploy !== 'import') {
      add(
        'format',
        `${format} cannot be chosen with images.deploy: ${deploy}: a clone has the format of its VM template`,
      );
    }
    return faults;
  });
}
