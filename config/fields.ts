import { z } from 'zod';
import { parseAddress, parseNetwork, rangeOf, whySpecial } from './ipv4';

/** Kinds of values in lab.yaml, each with what is said of a wrong one. */

const PRIVATE = 'take one of 192.168.0.0/16, 172.16.0.0/12 or 10.0.0.0/8';

const hostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** A host name: labels of RFC 1123 joined by dots, or exactly one of them. */
export const hostName = z.string().refine((text) => hostLabel.test(text), {
  error: (issue) =>
    `"${issue.input}" is not a host name (letters, digits and inner hyphens, 63 characters at most)`,
});

export const domainName = z
  .string()
  .refine((text) => text.length <= 253 && text.split('.').every((label) => hostLabel.test(label)), {
    error: (issue) => `"${issue.input}" is not a domain name`,
  });

export const address = z.string().refine((text) => parseAddress(text) !== undefined, {
  error: (issue) => `"${issue.input}" is not an IPv4 address`,
});

/** An address at which a host can be asked: the machine itself counts (127.0.0.1). */
export const hostAddress = address.superRefine((text, context) => {
  const why = parseAddress(text) === undefined ? undefined : whySpecial(rangeOf(text, 32));
  if (why === undefined || why.startsWith('127.')) return;
  context.addIssue({ code: 'custom', message: `${text} is no address of a host: ${why}` });
});

export const networkText = z.string().superRefine((text, context) => {
  const network = parseNetwork(text);
  const why = 'fault' in network ? undefined : whySpecial(network);
  if ('fault' in network) context.addIssue({ code: 'custom', message: network.fault });
  else if (why)
    context.addIssue({ code: 'custom', message: `${text} cannot be a network of hosts: ${why}; ${PRIVATE}` });
});

/** Proxmox VE's own rule for storage identifiers. */
export const storageId = z.string().regex(/^[a-z][a-z0-9._-]*[a-z0-9]$/i, {
  error: (issue) => `"${issue.input}" is not a storage identifier of Proxmox VE`,
});

export const whole = (low: number, high: number, unit: string) =>
  z
    .int({ error: `must be a whole number ${unit.startsWith('(') ? unit : `of ${unit}`}` })
    .min(low, between(low, high, unit))
    .max(high, between(low, high, unit));

export const within = (low: number, high: number, unit: string) =>
  z
    .number()
    .min(low, between(low, high, unit))
    .max(high, between(low, high, unit));

export const seconds = (low: number, high: number) => within(low, high, 'seconds');

export function between(low: number, high: number, unit: string): string {
  return `must be ${low} to ${high} ${unit}`;
}
