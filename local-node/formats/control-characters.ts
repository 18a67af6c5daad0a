/** Characters that no value may hold: they would end a line of a configuration file, or cannot be written as UTF-8. */
import { ApiError } from '../base/api-error';

/** Controls, the line and paragraph separators of Unicode, and halves of surrogate pairs. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

export function hasControls(text: string): boolean {
  return CONTROL.test(text);
}

/** As hasControls(), for a text of several lines. */
export function hasControlsBesideLines(text: string): boolean {
  return CONTROL.test(text.replace(/[\n\r\t\p{Zl}\p{Zp}]/gu, ''));
}

/**
 * The last guard before a value is written into a line of a file, whoever gave it. Throws 500 "detected invalid
 * newline ..." as Proxmox VE does.
 */
export function oneLine(property: string, value: string): string {
  if (hasControls(value)) throw invalidNewline(property);
  return value;
}

export function invalidNewline(property: string): ApiError {
  return new ApiError(500, `detected invalid newline inside property '${property}'`);
}
