import { CONTAINER_OPTIONS } from '../../formats/container-options';
import type { OptionValues } from '../../formats/option-values';
import { printScalar } from '../../formats/property-string';
import type { ParameterValue } from '../../formats/schema';

/** The container's options among the parameters of a call. */
export function containerOptions(parameters: Readonly<Record<string, ParameterValue>>): OptionValues {
  const options = new Map<string, string>();
  for (const name of Object.keys(CONTAINER_OPTIONS)) {
    const value = parameters[name];
    if (value !== undefined && typeof value !== 'object') options.set(name, printScalar(value));
  }
  return options;
}
