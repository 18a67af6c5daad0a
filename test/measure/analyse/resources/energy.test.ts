import { packageWatts, shareOfWatts } from '../../../../measure/analyse/resources/energy';

const at = (time: number, ...microjoules: number[]) => ({
  time,
  packageEnergy: microjoules.map((value, index) => ({
    ...{ name: `package-${index}`, microjoules: value },
    maxMicrojoules: 10_000_000,
  })),
});

test('power is the energy of all packages by time, also where a counter begins again', () => {
  expect(packageWatts([at(0, 0, 0), at(1, 4e6, 1e6), at(2, 8e6, 2e6)])).toBe(5);
  expect(packageWatts([at(0, 8e6), at(1, 2e6)])).toBe(4);
});

test('without counters in every sample power is unknown', () => {
  expect(packageWatts([])).toBeNull();
  expect(packageWatts([at(0, 1e6)])).toBeNull();
  expect(packageWatts([{ time: 0 }, { time: 1 }])).toBeNull();
  expect(packageWatts([at(0, 1e6), { time: 1, packageEnergy: null }, at(2, 3e6)])).toBeNull();
  expect(packageWatts([at(0, 1e6), at(1, 1e6, 2e6)])).toBeNull();
});

test('a guest has the share of the power that it has of the CPU time in which the node was not idle', () => {
  // Half of one of 2 CPUs, of a node that was busy for half of its time.
  expect(shareOfWatts(40, 50, 50, 2)).toBe(20);
  // Ticks of a process and of the node are counted apart: never more than all of it.
  expect(shareOfWatts(40, 110, 50, 2)).toBe(40);
  expect(shareOfWatts(null, 50, 50, 2)).toBeNull();
  expect(shareOfWatts(40, null, 50, 2)).toBeNull();
  expect(shareOfWatts(40, 0, 0, 2)).toBeNull();
});
