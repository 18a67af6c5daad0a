import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { repositoryRoot } from '../config';

/** vmid of the first guest of labWith(). */
export const FIRST_VMID = 1000;

/** The lab's own file with `count` guests in a network that holds them. */
export function labWith(count: number): string {
  const document = parseDocument(readFileSync(join(repositoryRoot, 'lab.yaml'), 'utf8'));
  const network = { bridge: 'vmbr10', cidr: '10.10.0.0/16', gateway: '10.10.0.1' };
  document.setIn(['networks', 'servers'], document.createNode(network));
  const guests = Array.from({ length: count }, (_, index) => ({
    name: `guest${index}`,
    role: ['wordpress', 'moodle', 'mediawiki'][index % 3],
    vmid: FIRST_VMID + index,
    address: `10.10.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
  }));
  document.set('guests', document.createNode(guests));
  return String(document);
}
