import type { Target } from '../../config/target';
import { unmountLeft } from '../../proxmox/left-mounted';

/** Where nothing listens, so that a command that is tried fails at once. */
const target = { ssh: { host: '127.0.0.1', port: 1, username: 'root' } } as unknown as Target;
const lab = { nodeName: 'pve' };

function node(locks: Readonly<Record<number, string | undefined>>) {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    if (path === 'cluster/resources') return Object.keys(locks).map((vmid) => ({ vmid: +vmid, node: 'pve' }));
    return { lock: locks[Number(path.split('/')[3])] };
  };
  return { asked, client: { get } as unknown as Parameters<typeof unmountLeft>[0] };
}
const containers = [129, 116].map((vmid) => ({ vmid, kind: 'container' as const }));

test('a lab without containers asks nothing', async () => {
  const { asked, client } = node({ 129: 'mounted' });
  await unmountLeft(client, target, lab, [{ vmid: 129, kind: 'vm' }]);
  expect(asked).toEqual([]);
});

test('a container that is free, or locked by something else, and one of somebody else are let be', async () => {
  const { client, asked } = node({ 129: undefined, 116: 'backup', 500: 'mounted' });
  await unmountLeft(client, target, lab, containers);
  expect(asked).toEqual(['cluster/resources', 'nodes/pve/lxc/116/config', 'nodes/pve/lxc/129/config']);
});

test('one that a seeding has left mounted is unmounted; where that fails, what to do is said', async () => {
  const { client } = node({ 129: 'mounted' });
  await expect(unmountLeft(client, target, lab, containers)).rejects.toThrow(
    /container 129 is still mounted on node pve, .*there: pct unmount 129/,
  );
});
