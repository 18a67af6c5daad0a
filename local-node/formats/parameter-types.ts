import type { NumberSchema, StringSchema } from './schema';

/** Formats that many routes share, with Proxmox VE's wording. */

function pattern(shape: RegExp, fault: (value: string) => string): (value: string) => void {
  return (value) => {
    if (!shape.test(value)) throw new Error(fault(value));
  };
}

export const vmidFormat = (value: string): void => {
  const vmid = Number(value);
  if (!/^[1-9]\d{2,8}$/.test(value) || vmid < 100) throw new Error('value does not look like a valid VM ID');
};

export const nodeFormat = pattern(
  /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/,
  () => 'value does not look like a valid node name',
);

export const storageIdFormat = pattern(
  /^[a-z][a-z0-9\-_.]*[a-z0-9]$/i,
  (value) => `storage ID '${value}' contains illegal characters`,
);

/** Path parameter {node}. */
export const NODE: StringSchema = { type: 'string', format: nodeFormat };
/** Parameter vmid, in a path or a form. */
export const VMID: NumberSchema = { type: 'integer', format: vmidFormat, minimum: 100, maximum: 999999999 };
/** Parameter storage, in a path or a form. */
export const STORAGE_ID: StringSchema = { type: 'string', format: storageIdFormat };
/** Optional digest of the configuration that the caller has seen. */
export const DIGEST: StringSchema = { type: 'string', maxLength: 64, optional: true };
