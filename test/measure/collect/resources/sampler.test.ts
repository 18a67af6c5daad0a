import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { Sampler } from '../../../../measure/collect/resources/sampler';
import type { CounterSample } from '../../../../measure/run/raw-data';
import { LocalShell } from '../local-shell';
import { NamespaceNode } from '../namespace-node';

jest.setTimeout(30_000);

async function take(sampler: Sampler, count: number): Promise<CounterSample[]> {
  const samples: CounterSample[] = [];
  while (samples.length < count) samples.push(await sampler.next());
  return samples;
}

describe('the sampler', () => {
  it("reads this machine's counters as the kernel shows them", async () => {
    const sampler = await Sampler.start(new LocalShell(), 0.02, []);
    const [first, ...others] = await take(sampler, 4);
    await sampler.close();
    expect(sampler.constants.cpus).toBe(cpus().length);
    expect(sampler.constants.ticksPerSecond).toBe(100);
    expect(first?.memoryTotalBytes).toBe(totalmem());
    expect(first?.memoryAvailableBytes).toBeLessThan(totalmem());
    expect(first?.rootUsedBytes).toBeLessThan(first?.rootTotalBytes ?? 0);
    expect(first?.loadAverage).toHaveLength(3);
    expect(first?.guests).toEqual([]);
    let before = first as CounterSample;
    for (const sample of others) {
      expect(sample.time).toBeGreaterThan(before.time);
      expect(sample.cpuTotalTicks).toBeGreaterThanOrEqual(before.cpuTotalTicks);
      expect(sample.samplerCpuSeconds).toBeGreaterThanOrEqual(before.samplerCpuSeconds);
      before = sample;
    }
  });

  it('adds up the modes of /proc/stat without counting guest time twice', async () => {
    const sampler = await Sampler.start(new LocalShell(), 1, []);
    const sample = await sampler.next();
    const fields = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
      .split(/\s+/)
      .slice(1)
      .map(Number);
    await sampler.close();
    const total = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
    const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
    // Read a moment later: a second of all CPUs at most.
    const margin = 100 * cpus().length;
    expect(total - sample.cpuTotalTicks).toBeGreaterThanOrEqual(0);
    expect(total - sample.cpuTotalTicks).toBeLessThan(margin);
    expect(Math.abs(idle - sample.cpuIdleTicks)).toBeLessThan(margin);
  });

  it('finds a guest by its pid file and leaves out one that does not run', async () => {
    const node = await NamespaceNode.create();
    try {
      // A process with a blank and a bracket in its name, as a guest's may have.
      const guest = await node.shell.start([
        'bash',
        '-c',
        'mkdir -p /run/qemu-server; [ -e /var/run/qemu-server ] || mount --bind /run /var/run; exec -a "kvm ) x" sleep 100',
      ]);
      const pid = await pidOf(node);
      await node.shell.run(['tee', '/run/qemu-server/129.pid'], { stdin: `${pid}\n` });
      await node.shell.run(['tee', '/run/qemu-server/116.pid'], { stdin: '999999999\n' });
      const sampler = await Sampler.start(node.shell, 1, [129, 116, 128]);
      const sample = await sampler.next();
      await sampler.close();
      guest.kill();
      expect(sample.guests).toHaveLength(1);
      expect(sample.guests[0]).toMatchObject({ vmid: 129 });
      expect(sample.guests[0]?.residentBytes).toBeGreaterThan(0);
    } finally {
      await node.remove();
    }
  });

  it('says what the program on the node said when it ends by itself', async () => {
    const broken = new LocalShell(['sh', '-c', 'echo no python here >&2; exit 127']);
    await expect(Sampler.start(broken, 1, [])).rejects.toThrow(
      'the sampler on the node ended: no python here',
    );
  });
});

/** The pid, in the test's own numbering, of the sleeping stand-in for a guest. */
async function pidOf(node: NamespaceNode): Promise<string> {
  for (;;) {
    const found = await node.shell.run(['pgrep', '-f', '^kvm \\) x'], { allowFailure: true });
    if (found.code === 0) return found.stdout.trim().split('\n').at(-1) ?? '';
  }
}
