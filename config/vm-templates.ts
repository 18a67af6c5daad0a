import type { Guest, Lab, LabFile, VmTemplate } from './lab';
import { TEMPLATE_DISK_GIB } from './lab-schema';
import { NO_VMID } from './vmids';

/** The image of all guests where images.source is template. */
const TEMPLATE_IMAGE = 'template';

/** Which image a guest's disk is of. */
export function imageOf({ images }: Pick<Lab, 'images'>, guest: Pick<Guest, 'image'>): string {
  return images.source === 'template' ? TEMPLATE_IMAGE : guest.image;
}

/**
 * The VM templates of a lab whose guests are clones: one for each image on each node that has guests of it. Their names and
 * vmids follow from where an image and a node stand, not from which guests there are, so that one guest more or less leaves
 * them as they are.
 */
export function vmTemplates(
  file: Pick<LabFile, 'images' | 'name'>,
  nodeName: string,
  guests: readonly Guest[],
): readonly VmTemplate[] {
  const { images } = file;
  if (images.deploy === 'import') return [];
  const others = guests.flatMap(({ node }) => node ?? []);
  const nodes = [nodeName, ...[...new Set(others)].sort()];
  const keys = images.source === 'template' ? [TEMPLATE_IMAGE] : Object.keys(images.cloud);
  const places = nodes.flatMap((node) => keys.map((image) => ({ node, image })));
  return places.flatMap(({ node, image }, position) => {
    const clones = guests.filter(
      (guest) =>
        guest.kind === 'vm' && (guest.node ?? nodeName) === node && imageOf({ images }, guest) === image,
    );
    if (clones.length === 0) return [];
    const smallest = Math.min(...clones.map(({ diskGiB }) => diskGiB));
    const own = images.source === 'template' ? TEMPLATE_DISK_GIB : images.cloud[image]?.minimumDiskGiB;
    const number = position === 0 ? '' : `-${position + 1}`;
    return {
      name: `${file.name}-template${number}`,
      image,
      diskGiB: own ?? smallest,
      vmid: images.templateVmid === undefined ? NO_VMID : images.templateVmid + position,
      ...(node === nodeName ? {} : { node }),
    };
  });
}
