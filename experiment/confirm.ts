import { createInterface } from 'node:readline/promises';
import type { Lab } from '../config/lab';

/**
 * Before a Proxmox VE node is touched: says what will be made and destroyed on it, and asks once. True on the local
 * node, with `yes`, or when the answer is yes; false otherwise, also where nobody can answer.
 */
export async function confirmTarget(lab: Lab, yes: boolean, say: (line: string) => void): Promise<boolean> {
  const endpoint = process.env.PROXMOX_VE_ENDPOINT;
  if (!endpoint) return true;
  const guests = lab.guests.map(
    (guest) =>
      `${guest.vmid} ${guest.name} (${guest.cores} cores, ${guest.memoryMiB} MiB, ${guest.diskGiB} GiB)`,
  );
  const bridges = Object.values(lab.networks).map((network) => `${network.bridge} (${network.gateway})`);
  const storages = [...new Set([lab.storage.images, lab.storage.snippets])];
  const settings = Object.keys(lab.node);
  say(
    [
      `On ${endpoint}, node ${lab.nodeName}, this makes, measures and then destroys:`,
      `  guests   ${guests.join(', ')}`,
      `  bridges  ${bridges.join(', ')}`,
      `  files    lab-<identity>-* in the storage ${storages.join(' and ')}`,
      ...(settings.length > 0
        ? [`It sets ${settings.join(', ')} of the node as lab.yaml says; these stay.`]
        : []),
      'While it measures it starts and stops these guests, and makes network namespaces for the clients on the node.',
    ].join('\n'),
  );
  if (yes) return true;
  if (!process.stdin.isTTY) {
    say('Nobody is here to answer: give --yes to go on without a question.');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Go on? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}
