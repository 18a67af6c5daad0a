import { readTerminal } from '../../../../measure/collect/resources/terminal-sample';
import { terminalSampleRecord } from '../../../../measure/run/records/visit';
import type { CommandResult } from '../../../../proxmox/node-shell';

const status = {
  cpu: 0,
  memory: { used: 1000, total: 4000 },
  loadavg: ['0.10', '0.20', '0.30'],
  rootfs: { used: 5, total: 10 },
};

/** A node on which the command ends like this. */
function read(result: Partial<CommandResult>) {
  const asked: string[][] = [];
  const shell = {
    run: async (command: readonly string[]) => {
      asked.push([...command]);
      return { stdout: '', stderr: '', code: 0, ...result };
    },
  };
  return readTerminal(shell, '/nodes/pve/status', () => 7).then((sample) => ({ sample, asked }));
}

test('what a terminal shows is read with what it cost', async () => {
  const times = '0m0.01s 0m0.00s\n0m1.25s 0m0.25s\n';
  const { sample, asked } = await read({ stdout: `${JSON.stringify(status)}\n`, stderr: times });
  expect(sample).toMatchObject({
    time: 7,
    memoryUsedBytes: 1000,
    loadAverage: [0.1, 0.2, 0.3],
    rootUsedBytes: 5,
    cpuSeconds: 1.5,
  });
  expect(terminalSampleRecord.safeParse(sample).success).toBe(true);
  expect(asked).toEqual([['sh', '-c', expect.stringContaining('pvesh get'), 'sh', '/nodes/pve/status']]);
});

test.each([
  ['has no pvesh', { code: 127, stderr: 'sh: pvesh: not found' }],
  ['prints something else', { stdout: 'hello' }],
  ['is cut off', { code: null }],
])('where the node %s, nothing is known', async (_, result) => {
  expect((await read(result)).sample).toBeNull();
});

test('where its cost is not told, it is unknown and not 0', async () => {
  expect((await read({ stdout: JSON.stringify(status) })).sample).toMatchObject({ cpuSeconds: null });
});
