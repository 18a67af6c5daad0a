import type { GuestKind, Lab, LabFile } from './lab';
import { crossFieldFaults } from './lab-rules';
import { labSchema } from './lab-schema';
import { readText } from './read-text';
import { rolesBeside } from './roles';
import { schemaFaults } from './schema-faults';
import type { TakenNetwork } from './taken-networks';
import { vmTemplates } from './vm-templates';
import { NO_VMID } from './vmids';
import { YamlFile } from './yaml-file';

export interface LabFileOptions {
  /** Takes the place of node.name. */
  readonly nodeName?: string;
  /** Takes the place of every guest's kind. */
  readonly guestKind?: GuestKind;
  /** Networks that the lab's may not overlap. */
  readonly taken?: readonly TakenNetwork[];
  /** Whether there is no node but the lab's own, so that a guest on another is refused. */
  readonly onlyNode?: boolean;
}

/**
 * Reads, checks and freezes the experiment. Throws FaultyFileError with every fault, or an InputError where the file
 * cannot be read.
 */
export function readLab(file: string, options?: LabFileOptions): Lab {
  return parseLab(readText(file, 'the experiment (LAB_FILE)'), file, options);
}

export function parseLab(source: string, file: string, options: LabFileOptions = {}): Lab {
  const yaml = new YamlFile(source, file);
  const roles = [...rolesBeside(file).keys()].sort();
  const checked = labSchema.safeParse(yaml.value, { reportInput: true });
  const ofFields = schemaFaults(checked.error?.issues ?? [], yaml);
  // A value that is wrong by itself is not told to be wrong beside others too.
  const known = new Set(ofFields.map(({ path }) => path.join('.')));
  const between = crossFieldFaults(yaml.value, roles, options).filter(
    ({ path }) => !known.has(path.join('.')),
  );
  const faults = [...ofFields, ...between];
  if (!checked.success || faults.length > 0) throw yaml.faulty(faults);
  return freeze(toLab(checked.data, options));
}

function toLab(file: LabFile, { nodeName, guestKind }: LabFileOptions): Lab {
  const { node, guests, ...rest } = file;
  const { name, ...settings } = node;
  const own = nodeName ?? name;
  const placed = guests.map(({ node: place, ...guest }) => ({
    ...guest,
    kind: guestKind ?? guest.kind,
    vmid: guest.vmid ?? NO_VMID,
    image: guest.image ?? '',
    ...(place === undefined || place === own ? {} : { node: place }),
  }));
  return {
    ...rest,
    nodeName: own,
    node: settings,
    guests: placed,
    templates: vmTemplates(file, own, placed),
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
