import { delayInGuest, findDelayPlace } from '../../../../measure/collect/clients/delay';
import type { CommandResult, Shell } from '../../../../proxmox/node-shell';
import { testLab } from '../fixtures';

const plain = testLab();
const delayed = testLab({
  networks: { ...plain.networks, clients: { ...plain.networks.clients, delayMs: 20, jitterMs: 5 } },
});

/** A node that notes what it is asked for, with netem in its kernel or without. */
function node(hasNetem: boolean) {
  const asked: string[] = [];
  const shell: Shell = {
    run: async (command): Promise<CommandResult> => {
      asked.push(command.join(' '));
      const refused = command[0] === 'tc' && !hasNetem;
      return {
        code: refused ? 2 : 0,
        stdout: '',
        stderr: refused ? 'Error: Specified qdisc kind is unknown.' : '',
      };
    },
    start: () => Promise.reject(new Error('nothing is to be started')),
  };
  return { asked, shell };
}

/** A guest that notes what it is asked for; `exitCodes`: of programs that fail. */
function guest(exitCodes: Readonly<Record<string, number>> = {}) {
  const asked: string[] = [];
  const agent = {
    exec: async (command: readonly string[]) => {
      asked.push(command.join(' '));
      const exitCode = exitCodes[command[0] ?? ''] ?? 0;
      const addresses = [{ ifname: 'ens18' }];
      return { exitCode, stdout: JSON.stringify(addresses), stderr: exitCode === 0 ? '' : 'not found' };
    },
  };
  return { asked, agent };
}

test('without a delay nobody is asked for netem', async () => {
  const { asked, shell } = node(false);
  expect(await findDelayPlace(shell, plain, () => guest().agent)).toBeNull();
  expect(asked).toEqual([]);
});

test('the node makes the delay where its kernel can, tried on an interface of ours that goes again', async () => {
  const { asked, shell } = node(true);
  const { agent, asked: askedGuest } = guest();
  expect(await findDelayPlace(shell, delayed, () => agent)).toBe('node');
  expect(asked).toEqual([
    'ip link delete dev trial.t1',
    'ip link add trial.t1 type veth peer name trial.t2',
    expect.stringMatching(/^tc qdisc add dev trial\.t1 root netem /),
    'ip link delete dev trial.t1',
  ]);
  expect(askedGuest).toEqual([]);
});

test('else the guests make it, if all of their kernels can', async () => {
  const { asked, shell } = node(false);
  expect(await findDelayPlace(shell, delayed, () => guest().agent)).toBe('guest');
  expect(asked.at(-1)).toBe('ip link delete dev trial.t1');
});

test('where neither can, the run is refused with what to do', async () => {
  const able = guest().agent;
  const unable = guest({ modprobe: 1 }).agent;
  const place = findDelayPlace(node(false).shell, delayed, ({ name }) => (name === 'moodle' ? unable : able));
  await expect(place).rejects.toThrow(
    /neither the node has \(Error: Specified qdisc kind is unknown\.\) nor moodle: load it on the node \(modprobe sch_netem\), or leave delayMs and jitterMs out/,
  );
});

test('a guest delays what it sends by twice the delay, and is set back', async () => {
  const { asked, agent } = guest();
  const { restore } = await delayInGuest(agent, '192.168.10.29', delayed.networks.clients);
  await restore();
  expect(asked).toEqual([
    'ip -json address show to 192.168.10.29',
    expect.stringMatching(/^tc qdisc replace dev ens18 root netem limit \d+ delay 40ms 5ms$/),
    'tc qdisc delete dev ens18 root',
  ]);
});

test('a guest that refuses is a fault with its own words', async () => {
  const { agent } = guest({ tc: 2 });
  await expect(delayInGuest(agent, '192.168.10.29', delayed.networks.clients)).rejects.toThrow(
    /tc qdisc replace .* in the guest: not found/,
  );
});
