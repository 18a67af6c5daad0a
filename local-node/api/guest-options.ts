import { isDrive } from '../formats/drive';
import type { GuestConfig } from '../formats/guest-config';
import { OPTION_PARAMETERS } from '../formats/guest-options';
import { isNic } from '../formats/nic';
import { tidyTags } from '../formats/option-formats';
import type { OptionValue, OptionValues } from '../formats/option-values';
import { printScalar } from '../formats/property-string';
import type { ParameterValue } from '../formats/schema';
import type { LocalNode } from '../node';
import type { Call } from './route';

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

/** Names in a list of options. */
export function listed(list = ''): string[] {
  return list.split(/[,; ]+/).filter((name) => name !== '');
}

/** May the caller make a guest under this number? */
export function mayAllocate(
  node: LocalNode,
  { caller, parameters }: Call<{ readonly pool: string | undefined }>,
  vmid: number,
): boolean {
  if (node.access.has(caller, `/vms/${vmid}`, ['VM.Allocate'])) return true;
  return (
    parameters.pool !== undefined && node.access.has(caller, `/pool/${parameters.pool}`, ['VM.Allocate'])
  );
}

/** The rows of GET pending; `present` shows an option as GET config does. */
export function pendingRows(
  { values, pending, pendingDelete }: GuestConfig,
  digest: string,
  present: (name: string, value: OptionValue) => string | number,
): object[] {
  const keys = new Set([...values.keys(), ...pending.keys()]);
  const rows = [...keys].map((key) => {
    const value = values.get(key);
    const next = pending.get(key);
    return {
      key,
      value: value === undefined ? undefined : present(key, value),
      pending: next === undefined ? undefined : present(key, next),
      delete: pendingDelete.has(key) ? 1 : undefined,
    };
  });
  return [...rows, { key: 'digest', value: digest }];
}
