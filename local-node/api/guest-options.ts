import { isDrive } from '../formats/drive';
import { OPTION_PARAMETERS } from '../formats/guest-options';
import { isNic } from '../formats/nic';
import { tidyTags } from '../formats/option-formats';
import type { OptionValue, OptionValues } from '../formats/option-values';
import { printScalar } from '../formats/property-string';
import type { ParameterValue } from '../formats/schema';

/** The guest's options among the parameters of a call. */
export function optionsOf(parameters: Readonly<Record<string, ParameterValue>>): OptionValues {
  const options = new Map<string, OptionValue>();
  for (const name of Object.keys(OPTION_PARAMETERS)) {
    const value = parameters[name];
    if (value === undefined) continue;
    if (isDrive(value) || isNic(value)) options.set(name, value);
    else if (name === 'tags') options.set(name, tidyTags(String(value)));
    else if (typeof value !== 'object') options.set(name, printScalar(value));
  }
  return options;
}
