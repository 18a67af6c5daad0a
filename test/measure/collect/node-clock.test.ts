import { compareClocks } from '../../../measure/collect/node-clock';
import type { Shell } from '../../../proxmox/node-shell';

/** A node whose clock is `ahead` seconds before ours; each exchange takes one of `roundTrips`. */
function nodeWith(ahead: number, roundTrips: readonly number[]) {
  let ours = 1000;
  let exchange = 0;
  const shell: Shell = {
    run: async () => {
      const roundTrip = roundTrips[exchange++] ?? 1;
      ours += roundTrip / 2;
      const stdout = `${(ours + ahead).toFixed(9)}\n`;
      ours += roundTrip / 2;
      return { stdout, stderr: '', code: 0 };
    },
    start: () => Promise.reject(new Error('not used')),
  };
  return { shell, now: () => ours, exchanges: roundTrips.length };
}

describe("the node's clock", () => {
  it('is ours plus the offset seen in the quickest exchange, known to half of its round trip', async () => {
    const node = nodeWith(5, [0.5, 0.02, 0.3]);
    const clock = await compareClocks(node.shell, node.now, node.exchanges);
    expect(clock.offsetSeconds).toBeCloseTo(5, 6);
    expect(clock.uncertaintySeconds).toBeCloseTo(0.01, 6);
    expect(clock.now() - node.now()).toBeCloseTo(5, 6);
  });

  it('is ours where the offset cannot be told from the error of measuring it', async () => {
    const node = nodeWith(0.005, [0.5, 0.02, 0.3]);
    const clock = await compareClocks(node.shell, node.now, node.exchanges);
    expect(clock.offsetSeconds).toBeCloseTo(0.005, 6);
    expect(clock.now()).toBe(node.now());
  });
});
