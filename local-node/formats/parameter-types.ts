import type { BooleanSchema, NumberSchema, StringSchema } from './schema';

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
export const NODE = { type: 'string', format: nodeFormat } as const satisfies StringSchema;
/** Parameter vmid, in a path or a form. */
export const VMID = {
  type: 'integer',
  format: vmidFormat,
  minimum: 100,
  maximum: 999999999,
} as const satisfies NumberSchema;
/** The path parameters of a guest. */
export const GUEST = { node: NODE, vmid: VMID } as const;
/** Parameter storage, in a path or a form. */
export const STORAGE_ID = { type: 'string', format: storageIdFormat } as const satisfies StringSchema;
/** Optional digest of the configuration that the caller has seen. */
export const DIGEST = { type: 'string', maxLength: 64, optional: true } as const satisfies StringSchema;
/** The same for a guest's configuration: a SHA-1 sum. */
export const GUEST_DIGEST = { ...DIGEST, maxLength: 40 } as const satisfies StringSchema;
const configIdFormat = pattern(/^[a-z][\w-]+$/i, (value) => `invalid configuration ID '${value}'`);

/** Name of a snapshot, in a path or a form. */
export const SNAPSHOT = {
  type: 'string',
  maxLength: 40,
  format: configIdFormat,
} as const satisfies StringSchema;
/** Optional name of a snapshot. */
export const SNAPSHOT_NAME = { ...SNAPSHOT, optional: true } as const satisfies StringSchema;
/** An optional text, and an optional yes or no. */
export const TEXT = { type: 'string', optional: true } as const satisfies StringSchema;
/** An optional text of several lines; it is encoded where it is written. */
export const LINES = { ...TEXT, controls: 'lines' } as const satisfies StringSchema;
export const FLAG = { type: 'boolean', optional: true } as const satisfies BooleanSchema;
