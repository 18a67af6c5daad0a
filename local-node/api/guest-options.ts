import { OPTION_PARAMETERS } from '../formats/guest-options';
import type { ParameterValue } from '../formats/schema';

/** The guest's options among the parameters of a call, as text. */
export function optionsOf(parameters: Readonly<Record<string, ParameterValue>>): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const name of Object.keys(OPTION_PARAMETERS)) {
    const value = parameters[name];
    if (value === undefined) continue;
    options.set(name, value === true ? '1' : value === false ? '0' : String(value));
  }
  return options;
}
