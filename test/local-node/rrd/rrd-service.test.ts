import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, startTestNode } from '../test-node';

describe('figures over time', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'rrd-'));
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  test('are means of a minute, outlive a restart, and have gaps where nothing was sampled', async () => {
    const first = await startTestNode({ stateDir });
    await callApi(first, 'POST', '/nodes/pve/qemu', { vmid: '100', memory: '64' });
    const start = Math.floor(first.clock.seconds / 60) * 60;
    for (let second = 0; second <= 60; second += 10) {
      first.clock.seconds = start + second;
      await first.node.rrd.sample();
    }
    await first.close();

    const second = await startTestNode({ stateDir });
    second.clock.seconds = start + 180;
    const answer = await callApi(second, 'GET', '/nodes/pve/rrddata?timeframe=hour');
    const rows = answer.data as Record<string, number>[];
    expect(rows).toHaveLength(70);
    expect(rows.at(-3)).toMatchObject({
      time: start,
      memtotal: expect.any(Number),
      maxcpu: expect.any(Number),
    });
    expect(rows.at(-2)).toEqual({ time: start + 60 });
    // A guest that is stopped spends nothing that could be measured; it has no figures rather than zeros.
    const guest = await callApi(second, 'GET', '/nodes/pve/qemu/100/rrddata?timeframe=hour');
    expect((guest.data as unknown[]).at(-3)).toEqual({ time: start });
    await second.close();
  });

  test('go on after the clock was set back, with uptimes and shares that are not negative', async () => {
    const lab = await startTestNode();
    await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '100', memory: '64', start: '1' });
    await lab.node.tasks.close();
    const guest = async () =>
      (await callApi(lab, 'GET', '/nodes/pve/qemu/100/status/current')).data as {
        uptime: number;
        cpu: number;
      };
    await guest();
    lab.clock.seconds += 60;
    expect(await guest()).toMatchObject({ uptime: 60 });
    const { cpu } = await guest();
    await lab.node.rrd.sample();
    lab.clock.set = -7200;
    for (let second = 0; second < 120; second += 10) {
      lab.clock.seconds += 10;
      await lab.node.rrd.sample();
    }
    expect(await guest()).toEqual(expect.objectContaining({ uptime: 180, cpu: expect.closeTo(cpu) }));
    const rows = (await callApi(lab, 'GET', '/nodes/pve/qemu/100/rrddata?timeframe=hour')).data as object[];
    expect(rows.at(-1)).toMatchObject({ netin: 0, diskread: 0, maxcpu: 1 });
    await lab.close();
  });

  test('a time frame that is not kept answers 501', async () => {
    const lab = await startTestNode({ stateDir });
    expect((await callApi(lab, 'GET', '/nodes/pve/rrddata?timeframe=year')).status).toBe(501);
    await lab.close();
  });

  test('a file that cannot be read costs the past, not the node', async () => {
    writeFileSync(join(stateDir, 'rrd.jsonl'), '{"name":');
    const lab = await startTestNode({ stateDir });
    expect((await callApi(lab, 'GET', '/nodes/pve/rrddata?timeframe=hour')).status).toBe(200);
    await lab.close();
  });
});
