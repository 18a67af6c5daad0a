import type { Lab, LabFile } from './lab';
import { crossFieldFaults } from './lab-rules';
import { labSchema } from './lab-schema';
import { readText } from './read-text';
import { schemaFaults } from './schema-faults';
import { YamlFile } from './yaml-file';

/**
 * Reads, checks and freezes the experiment. Throws FaultyFileError with every fault, or an InputError where the file
 * cannot be read. `nodeName` replaces node.name.
 */
export function readLab(file: string, nodeName?: string): Lab {
  return parseLab(readText(file, 'the experiment (LAB_FILE)'), file, nodeName);
}

export function parseLab(source: string, file: string, nodeName?: string): Lab {
  const yaml = new YamlFile(source, file);
  const checked = labSchema.safeParse(yaml.value, { reportInput: true });
  const faults = [...schemaFaults(checked.error?.issues ?? [], yaml), ...crossFieldFaults(yaml.value)];
  if (!checked.success || faults.length > 0) throw yaml.faulty(faults);
  return freeze(toLab(checked.data, nodeName));
}

function toLab(file: LabFile, nodeName?: string): Lab {
  const { node, guests, ...rest } = file;
  const { name, ...settings } = node;
  return {
    ...rest,
    nodeName: nodeName ?? name,
    node: settings,
    guests: guests.map((guest) => ({ ...guest, image: guest.image ?? '' })),
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
