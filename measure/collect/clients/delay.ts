import type { Lab, LinkShape } from '../../../config/lab';
import type { GuestAccess } from '../../../proxmox/guest-access';
import type { Shell } from '../../../proxmox/node-shell';
import { NotReadyToMeasureError } from '../preflight';
import { netem } from './link';

type Agent = Pick<GuestAccess, 'exec'>;

/** Where delay and jitter are made; null = the lab wants none. */
export type DelayPlace = 'node' | 'guest' | null;

/**
 * The node if its kernel has netem, else the guests if theirs have. Tried on a pair of interfaces of our own, which is removed
 * at once: only the kernel itself knows whether it can load the module. Throws NotReadyToMeasureError where neither can.
 */
export async function findDelayPlace(
  shell: Shell,
  lab: Pick<Lab, 'name' | 'networks' | 'guests'>,
  agentOf: (guest: Lab['guests'][number]) => Agent,
): Promise<DelayPlace> {
  if (lab.networks.clients.delayMs === undefined) return null;
  const trial = `${lab.name.slice(0, 10)}.t1`;
  // What a run that was killed right here has left behind.
  await shell.run(['ip', 'link', 'delete', 'dev', trial], { allowFailure: true });
  await shell.run([
    'ip',
    'link',
    'add',
    trial,
    'type',
    'veth',
    'peer',
    'name',
    `${lab.name.slice(0, 10)}.t2`,
  ]);
  const onNode = await shell
    .run(['tc', 'qdisc', 'add', 'dev', trial, 'root', ...netem(1, 0)], { allowFailure: true })
    .finally(() => shell.run(['ip', 'link', 'delete', 'dev', trial]));
  if (onNode.code === 0) return 'node';
  const lacking = await Promise.all(
    lab.guests.map(async (guest) => {
      const asked = await agentOf(guest).exec(['modprobe', '--dry-run', 'sch_netem'], { timeoutSeconds: 60 });
      return asked.exitCode === 0 ? [] : [guest.name];
    }),
  );
  if (lacking.flat().length === 0) return 'guest';
  throw new NotReadyToMeasureError(
    `networks.clients.delayMs needs the kernel's netem (module sch_netem), which neither the node has (${onNode.stderr.trim()}) nor ${lacking.flat().join(', ')}: load it on the node (modprobe sch_netem), or leave delayMs and jitterMs out of lab.yaml`,
  );
}

/** The networks as the node is to make them: without the delay where that is made elsewhere. */
export function madeOnNode(networks: Lab['networks'], place: DelayPlace): Lab['networks'] {
  if (place === 'node') return networks;
  const { delayMs, jitterMs, ...clients } = networks.clients;
  return { ...networks, clients };
}

/**
 * Delays what a guest sends by twice the delay, so that a round trip takes as much longer as with a delay each way; the
 * interface is the one that has `address`. Returns the way back.
 */
export async function delayInGuest(
  agent: Agent,
  address: string,
  { delayMs = 0, jitterMs = 0, rateBitsPerSecond }: LinkShape,
): Promise<{ restore(): Promise<void> }> {
  const run = async (...command: readonly string[]): Promise<string> => {
    const done = await agent.exec(command, { timeoutSeconds: 60 });
    if (done.exitCode === 0) return done.stdout;
    throw new Error(
      `${command.join(' ')} in the guest: ${done.stderr.trim() || `exit code ${done.exitCode}`}`,
    );
  };
  const [found] = JSON.parse(await run('ip', '-json', 'address', 'show', 'to', address)) as {
    ifname: string;
  }[];
  if (found === undefined) throw new Error(`no interface of the guest has the address ${address}`);
  const root = ['dev', found.ifname, 'root'];
  await run('tc', 'qdisc', 'replace', ...root, ...netem(2 * delayMs, jitterMs, rateBitsPerSecond));
  return {
    restore: async () => {
      await run('tc', 'qdisc', 'delete', ...root);
    },
  };
}
