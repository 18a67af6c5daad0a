import { pollApi } from '../../../../measure/collect/resources/api-sample';
import { apiSampleRecord } from '../../../../measure/run/records/visit';
import type { ApiClient } from '../../../../proxmox/api-client';
import { testLab } from '../fixtures';

const [guest] = testLab().guests;

/** Answers by path; what is not among them fails. */
function poll(answers: Readonly<Record<string, unknown>>) {
  const client = {
    node: (path: string) => path,
    get: async (path: string) => {
      if (!(path in answers)) throw new Error('no answer');
      return answers[path];
    },
  } as Pick<ApiClient, 'get' | 'node'>;
  return pollApi(client, guest ? [guest] : [], () => 5);
}

test('numbers that the API gives as strings are numbers', async () => {
  const sample = await poll({
    status: { cpu: '0.25', memory: { used: 1, total: 2 }, loadavg: ['0.10', '0.20', 0.3], rootfs: {} },
    'qemu/129/status/current': { status: 'running', cpu: '0.5', mem: '1024' },
  });
  expect(sample).toMatchObject({ cpuFraction: 0.25, loadAverage: [0.1, 0.2, 0.3], rootUsedBytes: null });
  expect(sample.guests).toEqual([{ vmid: 129, status: 'running', cpuFraction: 0.5, memoryBytes: 1024 }]);
});

test.each([
  ['nothing', {}],
  ['no numbers', { status: { cpu: 'U', memory: { used: '' }, loadavg: ['n/a', '1', '2'] } }],
  ['too few load averages', { status: { loadavg: ['1', '2'] } }],
])('where the API says %s, the poll is one that the analysis reads', async (_, answers) => {
  const written = JSON.parse(JSON.stringify(await poll(answers)));
  expect(apiSampleRecord.safeParse(written).error).toBeUndefined();
  expect(written).toMatchObject({ cpuFraction: null, memoryUsedBytes: null, loadAverage: null });
});
