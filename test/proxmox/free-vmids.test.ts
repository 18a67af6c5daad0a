import fc from 'fast-check';
import { freeVmids, proposal, shownVmids } from '../../proxmox/free-vmids';
import { cluster } from './vmids-node';

test('the first row that is long enough is taken, and shorter gaps before it are not', async () => {
  const { client } = cluster([{ vmid: 100 }, { vmid: 103 }, { vmid: 105 }]);
  expect(await freeVmids(client, 2)).toEqual([101, 102]);
  expect(await freeVmids(client, 3)).toEqual([106, 107, 108]);
});

test('guests that the token may not see, and vmids to be avoided, are passed over', async () => {
  const { client } = cluster([{ vmid: 102 }], [104]);
  expect(await freeVmids(client, 2, [105])).toEqual([100, 101]);
  expect(await freeVmids(client, 3, [106])).toEqual([107, 108, 109]);
});

test('what is seen to be taken is not asked for, and nothing is asked for twice', async () => {
  const { client, asked } = cluster([{ vmid: 101 }], [104]);
  expect(await freeVmids(client, 3)).toEqual([105, 106, 107]);
  expect(asked).toEqual([102, 103, 104, 105, 106, 107]);
});

test('whatever is taken, the vmids found are free, in a row, and the lowest such', async () => {
  const few = fc.uniqueArray(fc.integer({ min: 100, max: 130 }), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(few, few, fc.integer({ min: 1, max: 5 }), async (seen, hidden, count) => {
      const { client } = cluster(
        seen.map((vmid) => ({ vmid })),
        hidden,
      );
      const taken = new Set([...seen, ...hidden]);
      let first = 100;
      const row = () => Array.from({ length: count }, (_, index) => first + index);
      while (row().some((vmid) => taken.has(vmid))) first += 1;
      expect(await freeVmids(client, count)).toEqual(row());
    }),
  );
});

test('a failure to tell is a failure where vmids are chosen, and no proposal where some are proposed', async () => {
  const get = async (path: string) => {
    if (path === 'cluster/resources') return [];
    throw new Error('broken pipe');
  };
  await expect(freeVmids({ get } as never, 1)).rejects.toThrow('broken pipe');
  expect(await proposal({ get } as never, 1)).toBe('');
});

test('a row is shown by its ends, one vmid as itself', async () => {
  expect(shownVmids([229, 230, 231])).toBe('229-231');
  expect(shownVmids([229])).toBe('229');
  expect(await proposal(cluster([]).client, 3)).toBe(' Free are for example 100-102.');
});
