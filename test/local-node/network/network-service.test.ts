import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BridgeSpec, NodeNetwork } from '../../../local-node/base/node-network';
import { parseInterfaces, printInterfaces } from '../../../local-node/formats/interfaces-file';
import { callApi, startTestNode, type TestNode } from '../test-node';

class RecordedNetwork implements NodeNetwork {
  applied: readonly BridgeSpec[] = [];
  fault: Error | undefined;
  async apply(bridges: readonly BridgeSpec[]): Promise<void> {
    if (this.fault) throw this.fault;
    this.applied = bridges;
  }
}

const BRIDGE = { iface: 'vmbr10', type: 'bridge', cidr: '192.168.10.1/24', autostart: '1', comments: 'lab' };

async function reload(lab: TestNode): Promise<string | undefined> {
  const upid = String((await callApi(lab, 'PUT', '/nodes/pve/network')).data);
  return (await lab.node.tasks.wait(upid, 5)).exitStatus;
}

describe('the declared network', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'network-'));
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  test('takes effect at a reload, not before, and again after a restart', async () => {
    const network = new RecordedNetwork();
    const lab = await startTestNode({ stateDir, network });
    expect((await callApi(lab, 'POST', '/nodes/pve/network', BRIDGE)).status).toBe(200);
    expect(network.applied).toEqual([]);
    expect(lab.node.network.hasBridge('vmbr10')).toBe(false);
    expect(await reload(lab)).toBe('OK');
    expect(network.applied).toEqual([{ name: 'vmbr10', addresses: ['192.168.10.1/24'] }]);
    expect(lab.node.network.hasBridge('vmbr10')).toBe(true);
    await lab.close();

    const again = new RecordedNetwork();
    await (await startTestNode({ stateDir, network: again })).close();
    expect(again.applied).toEqual([{ name: 'vmbr10', addresses: ['192.168.10.1/24'] }]);
  });

  test('shows its pending changes as a diff, and drops them when asked', async () => {
    const lab = await startTestNode({ stateDir });
    await callApi(lab, 'DELETE', '/nodes/pve/network/vmbr10');
    const list = await callApi(lab, 'GET', '/nodes/pve/network');
    expect(list).toMatchObject({ data: [], changes: expect.stringContaining('-iface vmbr10 inet static') });
    await callApi(lab, 'DELETE', '/nodes/pve/network');
    expect(await callApi(lab, 'GET', '/nodes/pve/network')).toMatchObject({ data: [{ iface: 'vmbr10' }] });
    await lab.close();
  });

  test('is told with what is not applied: no new bridge is active, a changed one still is', async () => {
    const lab = await startTestNode();
    const rows = async () =>
      (await callApi(lab, 'GET', '/nodes/pve/network')).data as { iface: string; active?: number }[];
    await callApi(lab, 'POST', '/nodes/pve/network', BRIDGE);
    expect((await rows())[0]).toMatchObject({ iface: 'vmbr10', autostart: 1 });
    expect((await rows())[0]).not.toHaveProperty('active');
    const guest = { vmid: '100', net0: 'virtio,bridge=vmbr10' };
    const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { ...guest, start: '1' });
    expect((await lab.node.tasks.wait(String(data), 5)).exitStatus).toBe("bridge 'vmbr10' does not exist");
    await reload(lab);
    await callApi(lab, 'PUT', '/nodes/pve/network/vmbr10', { type: 'bridge', mtu: '1400', autostart: '1' });
    expect((await rows())[0]).toMatchObject({ active: 1, mtu: '1400' });
    await callApi(lab, 'PUT', '/nodes/pve/network/vmbr10', { type: 'bridge', autostart: '0' });
    await reload(lab);
    // Declared, and not brought up.
    expect((await rows())[0]).not.toHaveProperty('active');
    await lab.close();
  });

  test('a change without an address is told as manual, and the bridge keeps the address that it has', async () => {
    const network = new RecordedNetwork();
    const lab = await startTestNode({ network });
    await callApi(lab, 'POST', '/nodes/pve/network', BRIDGE);
    await callApi(lab, 'PUT', '/nodes/pve/network/vmbr10', { type: 'bridge', autostart: '1', mtu: '1400' });
    const shown = { method: 'manual', cidr: '192.168.10.1/24', mtu: '1400' };
    expect(await callApi(lab, 'GET', '/nodes/pve/network/vmbr10')).toMatchObject({ data: shown });
    expect(await reload(lab)).toBe('OK');
    expect(network.applied).toEqual([{ name: 'vmbr10', addresses: ['192.168.10.1/24'], mtu: 1400 }]);
    expect(await callApi(lab, 'GET', '/nodes/pve/network/vmbr10')).toMatchObject({ data: shown });
    await callApi(lab, 'PUT', '/nodes/pve/network/vmbr10', { type: 'bridge', cidr: '192.168.10.1/24' });
    expect(await callApi(lab, 'GET', '/nodes/pve/network/vmbr10')).toMatchObject({
      data: { method: 'static' },
    });
    await lab.close();
  });

  test('stays pending when it could not be applied', async () => {
    const network = new RecordedNetwork();
    const lab = await startTestNode({ stateDir, network });
    await callApi(lab, 'PUT', '/nodes/pve/network/vmbr10', { type: 'bridge', mtu: '1400' });
    network.fault = new Error('no such device');
    expect(await reload(lab)).toBe('no such device');
    expect(lab.node.network.applied()[0]?.mtu).toBeUndefined();
    expect(lab.node.network.declared()[0]?.mtu).toBe(1400);
    network.fault = undefined;
    expect(await reload(lab)).toBe('OK');
    expect(network.applied).toEqual([{ name: 'vmbr10', addresses: ['192.168.10.1/24'], mtu: 1400 }]);
    await lab.close();
  });

  test('keeps bridges that are declared at the same time', async () => {
    const lab = await startTestNode({ stateDir });
    const names = ['vmbr21', 'vmbr22', 'vmbr23', 'vmbr24'];
    await Promise.all(
      names.map((iface) =>
        callApi(lab, 'POST', '/nodes/pve/network', { iface, type: 'bridge', autostart: '1' }),
      ),
    );
    const declared = lab.node.network.declared().map(({ name }) => name);
    expect(declared.sort()).toEqual(['vmbr10', ...names]);
    await lab.close();
  });

  test('a gateway is kept with a warning, because it is not applied', async () => {
    const lab = await startTestNode({ stateDir });
    const gateway = {
      iface: 'vmbr30',
      type: 'bridge',
      cidr: '10.0.0.1/24',
      gateway: '10.0.0.2',
      autostart: '1',
    };
    await callApi(lab, 'POST', '/nodes/pve/network', gateway);
    expect(await reload(lab)).toBe('WARNINGS: 1');
    await lab.close();
  });
});

test('the interfaces file survives being read and written', () => {
  const all = [
    { name: 'eth0', type: 'eth' as const, autostart: false, ports: [] },
    {
      ...{ name: 'vmbr0', type: 'bridge' as const, autostart: true, ports: ['eth0'], mtu: 1400 },
      ...{ cidr: '10.0.0.1/24', gateway: '10.0.0.254', cidr6: 'fd00::1/64', comments: 'two\nlines\n' },
    },
  ];
  expect(parseInterfaces(printInterfaces(all))).toEqual(all);
});
