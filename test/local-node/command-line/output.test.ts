import { snapshotTree } from '../../../local-node/command-line/output/snapshot-tree';
import { bytes, duration, percentage } from '../../../local-node/command-line/output/units';

test('snapshots are a tree, the present state last', () => {
  const rows = [
    { name: 'current', description: 'You are here!', parent: 'two' },
    { name: 'two', snaptime: 1_700_000_100, description: 'second\nline', parent: 'one' },
    { name: 'one', snaptime: 1_700_000_000 },
  ];
  const shape = snapshotTree(rows).replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'YYYY-MM-DD hh:mm:ss');
  expect(shape.split('\n')).toEqual([
    `\`-> one${' '.repeat(25)}YYYY-MM-DD hh:mm:ss     no-description`,
    ` \`-> two${' '.repeat(24)}YYYY-MM-DD hh:mm:ss     second`,
    `  \`-> current${' '.repeat(43)}You are here!`,
    '',
  ]);
});

test('figures have units', () => {
  expect([bytes(0), bytes(1023), bytes(1536), bytes(2 ** 40)]).toEqual([
    ...['0.00 B', '1023.00 B', '1.50 KiB', '1.00 TiB'],
  ]);
  expect(percentage(0.0191)).toBe('1.91%');
  expect([duration(0), duration(694_861)]).toEqual(['', '1w 1d 1h 1m 1s']);
});
