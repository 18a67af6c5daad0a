import os from 'node:os';
import { callApi, startTestNode, type TestNode } from '../test-node';

describe('the node itself', () => {
  let lab: TestNode;
  beforeAll(async () => {
    lab = await startTestNode();
  });
  afterAll(() => lab.close());

  test("shows the machine's own figures", async () => {
    const { data } = await callApi(lab, 'GET', '/nodes/pve/status');
    const status = data as {
      memory: { total: number; used: number };
      cpuinfo: { cpus: number };
      rootfs: { total: number };
    };
    expect(Math.abs(status.memory.total - os.totalmem())).toBeLessThan(1024 ** 2);
    expect(status.memory.used).toBeGreaterThan(0);
    expect(status.cpuinfo.cpus).toBe(os.cpus().length);
    expect(status.rootfs.total).toBeGreaterThan(0);
  });

  test('compares CPU time over a second at least, and repeats the figure until then', () => {
    const { host } = lab.node;
    lab.clock.seconds += 10;
    const first = host.cpu();
    lab.clock.seconds += 0.5;
    expect(host.cpu()).toBe(first);
  });

  test('keeps DNS, time zone and hosts of its own', async () => {
    expect(
      (await callApi(lab, 'PUT', '/nodes/pve/dns', { search: 'lab.test', dns1: '10.0.0.1' })).status,
    ).toBe(200);
    expect((await callApi(lab, 'GET', '/nodes/pve/dns')).data).toEqual({
      search: 'lab.test',
      dns1: '10.0.0.1',
    });
    await callApi(lab, 'PUT', '/nodes/pve/time', { timezone: 'Asia/Jakarta' });
    const { time, localtime } = (await callApi(lab, 'GET', '/nodes/pve/time')).data as Record<string, number>;
    expect((localtime ?? 0) - (time ?? 0)).toBe(7 * 3600);
    expect((await callApi(lab, 'PUT', '/nodes/pve/time', { timezone: 'Mars/Base' })).status).toBe(400);
    const { digest } = (await callApi(lab, 'GET', '/nodes/pve/hosts')).data as { digest: string };
    expect((await callApi(lab, 'POST', '/nodes/pve/hosts', { data: '127.0.0.1 a', digest })).status).toBe(
      200,
    );
    expect((await callApi(lab, 'POST', '/nodes/pve/hosts', { data: 'x', digest })).status).toBe(500);
    expect((await callApi(lab, 'GET', '/nodes/pve/hosts')).data).toMatchObject({ data: '127.0.0.1 a\n' });
  });
});
