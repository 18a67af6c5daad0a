import { ApiError } from '../../base/api-error';
import { CONTAINER_OPTIONS, REFUSED_CONTAINER_OPTIONS } from '../../formats/container-options';
import type { OptionValues } from '../../formats/option-values';
import { printScalar } from '../../formats/property-string';
import type { ParameterValue } from '../../formats/schema';

/** The container's options among the parameters of a call. Throws 501 where one is of those that are refused. */
export function containerOptions(parameters: Readonly<Record<string, ParameterValue>>): OptionValues {
  for (const name of Object.keys(REFUSED_CONTAINER_OPTIONS)) {
    if (parameters[name] !== undefined)
      throw new ApiError(
        501,
        `'${name}': the local node gives containers a root file system and no other volume`,
      );
  }
  const options = new Map<string, string>();
  for (const name of Object.keys(CONTAINER_OPTIONS)) {
    const value = parameters[name];
    if (value !== undefined && typeof value !== 'object') options.set(name, printScalar(value));
  }
  return options;
}
