import { setTimeout as sleep } from 'node:timers/promises';
import { TERRAFORM_STATE } from '../config/deployed-lab';
import type { Target } from '../config/target';
import { cpuTime } from '../machine/cpu-time';
import { askPerson } from '../machine/question';
import { isBusy, minutesIn, ofAllCpus, question } from '../measure/collect/quiet';
import { pollApi } from '../measure/collect/resources/api-sample';
import { ApiClient } from '../proxmox/api-client';
import { isDeployed } from '../stacks/terraform-state';

const lookSeconds = 3;

/**
 * Where the node is busy already: how many minutes a person at the terminal wants to wait for quiet when it is measured.
 * Asked before anything is made, since nobody may be there when the deployment has ended. Undefined = nobody was asked,
 * or there is nothing to wait for; measuring then says how busy the node is.
 */
export async function askToWait(
  proxmox: Target | undefined,
  say: (line: string) => void,
  { isSomebodyThere, isLabDeployed, cpuPercent, ask }: Asking = asking(proxmox),
): Promise<number | undefined> {
  // Guests that run already would count as other work.
  if (!isSomebodyThere || isLabDeployed) return undefined;
  const busy = await cpuPercent();
  if (busy === null || !isBusy(busy)) return undefined;
  say(`The node is busy with other work: ${ofAllCpus(busy)}. It would disturb the measurement.`);
  return minutesIn(await ask(question));
}

interface Asking {
  readonly isSomebodyThere: boolean;
  readonly isLabDeployed: boolean;
  /** Of the node, % of all CPUs; null = not known. */
  readonly cpuPercent: () => Promise<number | null>;
  readonly ask: (question: string) => Promise<string | undefined>;
}

function asking(proxmox: Target | undefined): Asking {
  return {
    isSomebodyThere: process.stdin.isTTY === true,
    isLabDeployed: isDeployed(TERRAFORM_STATE),
    cpuPercent: () => (proxmox ? nodeCpu(proxmox) : localCpu()),
    ask: askPerson,
  };
}

async function nodeCpu(target: Target): Promise<number | null> {
  const client = new ApiClient(target);
  try {
    const { cpuFraction } = await pollApi(client, [], () => 0);
    return cpuFraction === null ? null : 100 * cpuFraction;
  } finally {
    await client.close();
  }
}

async function localCpu(): Promise<number | null> {
  const from = cpuTime();
  await sleep(lookSeconds * 1000);
  const to = cpuTime();
  const all = to.all - from.all;
  return all > 0 ? (100 * (all - (to.idle - from.idle))) / all : null;
}
