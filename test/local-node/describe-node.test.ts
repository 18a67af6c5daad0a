import { describeNode } from '../../local-node/describe-node';

const guest = { status: 'running', mem: 2 ** 28, maxmem: 2 ** 29, uptime: 7 };

test('containers are shown beside virtual machines, each with where it answers', () => {
  const text = describeNode({
    ...{ up: true, endpoint: 'https://127.0.0.1:8006', acceleration: 'tcg', pid: 1, uptimeSeconds: 2 },
    ...{ leftProcesses: 0, stateDirectory: '/nowhere' },
    guests: [
      { vmid: 101, kind: 'qemu', name: 'web', ...guest },
      { vmid: 102, kind: 'lxc', name: 'db', ...guest },
      { vmid: 103, kind: 'lxc', name: 'free', ...guest, 'not-limited': 'memory,cpu' },
    ],
    forwards: [
      { vmid: 101, fault: 'port 20101 on 127.0.0.1 is in use by another program' },
      { vmid: 102, local: 20_102 },
    ],
  });
  const lines = text.split('\n').map((line) => line.replace(/[│\s]+/g, ' ').trim());
  expect(lines).toContain(
    '101 VM web running 256 of 512 7 port 20101 on 127.0.0.1 is in use by another program',
  );
  expect(lines).toContain('103 container free running, memory and cpu not limited 256 of 512 7');
  expect(lines).toContain('102 container db running 256 of 512 7 127.0.0.1:20102');
});
