import { TERRAFORM_STATE } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { askPerson } from '../machine/question';
import { isDeployed } from '../stacks/terraform-state';

export interface ConfirmOptions {
  readonly yes?: boolean;
  readonly keep?: boolean;
}

/**
 * Before a Proxmox VE node is touched, or a lab that is deployed already: says what will be made and destroyed, and asks
 * once. True with `yes`, or when the answer is yes; false otherwise, also where nobody can answer. A local node without
 * the lab is not asked about.
 */
export async function confirmTarget(
  lab: Lab,
  { yes = false, keep = false }: ConfirmOptions,
  say: (line: string) => void,
  deployed = isDeployed(TERRAFORM_STATE),
): Promise<boolean> {
  const endpoint = process.env.PROXMOX_VE_ENDPOINT;
  if (deployed) {
    const after = keep ? 'which stays' : 'which is destroyed at the end';
    say(
      `The lab "${lab.name}" is deployed already. It is destroyed first, with all that was written in its guests, and made anew, ${after}.`,
    );
  }
  if (endpoint) sayWhatIsMade(endpoint, lab, say);
  return (!endpoint && !deployed) || yes || answersYes(say);
}

function sayWhatIsMade(endpoint: string, lab: Lab, say: (line: string) => void): void {
  const guests = lab.guests.map(
    (guest) =>
      `${guest.vmid || 'a free vmid:'} ${guest.name} (${guest.cores} cores, ${guest.memoryMiB} MiB, ${guest.diskGiB} GiB)`,
  );
  const templates = lab.templates.map(({ vmid, name }) => `${vmid || 'a free vmid:'} ${name}`);
  const bridges = Object.values(lab.networks).map((network) => `${network.bridge} (${network.gateway})`);
  const storages = [...new Set([lab.storage.images, lab.storage.snippets])];
  const settings = Object.keys(lab.node);
  say(
    [
      `On ${endpoint}, node ${lab.nodeName}, this makes, measures and then destroys:`,
      `  guests   ${guests.join(', ')}`,
      ...(templates.length > 0 ? [`  VM template for them  ${templates.join(', ')}`] : []),
      `  bridges  ${bridges.join(', ')}`,
      `  files    lab-<identity>-* in the storage ${storages.join(' and ')}`,
      ...(settings.length > 0
        ? [`It sets ${settings.join(', ')} of the node as lab.yaml says; these stay.`]
        : []),
      'While it measures it starts and stops these guests, and makes network namespaces for the clients on the node.',
    ].join('\n'),
  );
}

async function answersYes(say: (line: string) => void): Promise<boolean> {
  const answer = await askPerson('Go on? [y/N] ');
  if (answer === undefined) say('Nobody is here to answer: give --yes to go on without a question.');
  return /^y(es)?$/i.test(answer ?? '');
}
