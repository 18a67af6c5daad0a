import { droppedPackets, lossRules, netem, shapingCommands } from '../../../../measure/collect/clients/link';
import { describeShape, linkShape } from '../../../../measure/run/link-shape';
import { testLab } from '../fixtures';
import { LocalShell } from '../local-shell';

const commands = (shape: Parameters<typeof shapingCommands>[1]) =>
  shapingCommands('lab.c1', shape).map((words) => words.join(' '));

test('a link without rate and delay has no queue of ours', () => {
  expect(commands({})).toEqual([]);
  expect(commands({ lossPercent: 1 })).toEqual([]);
});

test('a rate alone needs no netem', () => {
  expect(commands({ rateBitsPerSecond: 8_000_000 })).toEqual([
    'tc qdisc add dev lab.c1 root tbf rate 8000000bit burst 4000b latency 50ms',
  ]);
});

test('a delay alone is netem, with its jitter', () => {
  expect(commands({ delayMs: 20, jitterMs: 5 })).toEqual([
    'tc qdisc add dev lab.c1 root handle 1: netem limit 42282 delay 20ms 5ms',
  ]);
});

test('with both, what netem lets go enters the token bucket', () => {
  expect(commands({ rateBitsPerSecond: 100_000_000, delayMs: 50 })).toEqual([
    'tc qdisc add dev lab.c1 root handle 1: netem limit 1826 delay 50ms',
    'tc qdisc add dev lab.c1 parent 1:1 handle 10: tbf rate 100000000bit burst 50000b latency 50ms',
  ]);
});

test('netem holds all that can be on its way', () => {
  const limit = (...of: Parameters<typeof netem>) => Number(netem(...of)[2]);
  // A second of 1 Gbit/s is 82,563 full frames.
  expect(limit(1000, 0, 1e9)).toBeGreaterThan(82_563);
  expect(limit(500, 500, 1e9)).toBe(limit(1000, 0, 1e9));
});

test('loss is made between the two networks, each way, to a hundredth of a percent', () => {
  const rules = lossRules('my-lab', testLab().networks, 0.25);
  expect(rules).toContain('table ip pve_virtualization_lab_my__lab {');
  expect(rules).toContain(
    'iifname "vmbr20" oifname "vmbr10" numgen random mod 10000 < 25 counter name "to_server" drop',
  );
  expect(rules).toContain(
    'iifname "vmbr10" oifname "vmbr20" numgen random mod 10000 < 25 counter name "to_client" drop',
  );
});

test('a shape is only what shapes, and is said in words', () => {
  const { clients } = testLab().networks;
  expect(linkShape(clients)).toEqual({});
  expect(describeShape(linkShape(clients))).toBe('not shaped');
  const shape = { rateBitsPerSecond: 8_000_000, delayMs: 20, jitterMs: 5, lossPercent: 1 };
  expect(linkShape({ ...clients, ...shape })).toEqual(shape);
  expect(describeShape(shape)).toBe('8 Mbit/s, 20 ± 5 ms each way, 1 % lost each way');
});

test('what the link dropped is known only where both counters say so', async () => {
  const says = (text: string) => new LocalShell(['sh', '-c', `echo '${text}'`]);
  expect(await droppedPackets(says('packets 12 bytes 99'), 'lab')).toEqual({ toServer: 12, toClient: 12 });
  expect(await droppedPackets(says('table ip x { }'), 'lab')).toBeNull();
});
