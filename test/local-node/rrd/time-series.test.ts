import { TimeSeries } from '../../../local-node/rrd/time-series';

test('a row is the mean of the samples of its interval', () => {
  const series = new TimeSeries(60, 3);
  series.add(60, { cpu: 0.2, mem: 10 });
  series.add(110, { cpu: 0.4 });
  expect(series.rows(120).at(-1)).toEqual({ time: 60, cpu: expect.closeTo(0.3), mem: 10 });
});

test('the interval that is still open is not shown', () => {
  const series = new TimeSeries(60, 2);
  series.add(60, { cpu: 1 });
  expect(series.rows(119)).toEqual([{ time: -60 }, { time: 0 }]);
});

test('an interval without samples has its time and nothing else', () => {
  const series = new TimeSeries(60, 3);
  series.add(60, { cpu: 1 });
  series.add(180, { cpu: 3 });
  expect(series.rows(240)).toEqual([{ time: 60, cpu: 1 }, { time: 120 }, { time: 180, cpu: 3 }]);
});

test('no more than its capacity is kept, and it goes on from what was kept', () => {
  const series = new TimeSeries(60, 2);
  for (const time of [0, 60, 120, 180]) series.add(time, { cpu: time });
  series.rows(240);
  const again = new TimeSeries(60, 2, series.kept());
  expect(again.rows(240)).toEqual([
    { time: 120, cpu: 120 },
    { time: 180, cpu: 180 },
  ]);
});

test('after time went back it goes on from there, without what was to come', () => {
  const series = new TimeSeries(60, 3);
  for (const time of [60, 6060, 6120]) series.add(time, { cpu: time });
  series.add(130, { cpu: 9 });
  series.add(180, { cpu: 8 });
  expect(series.rows(240)).toEqual([
    { time: 60, cpu: 60 },
    { time: 120, cpu: 9 },
    { time: 180, cpu: 8 },
  ]);
  const again = new TimeSeries(60, 3, series.kept());
  again.add(60, { cpu: 7 });
  expect(again.rows(120).at(-1)).toEqual({ time: 60, cpu: 7 });
});

test('a figure that one interval has and the next one lacks is absent there', () => {
  const series = new TimeSeries(60, 2);
  for (const time of [0, 60]) series.add(time, { cpu: 1, mem: 5 });
  for (const time of [120, 180]) series.add(time, { cpu: 2 });
  expect(series.rows(240)).toEqual([
    { time: 120, cpu: 2 },
    { time: 180, cpu: 2 },
  ]);
});

test('what was kept of another size is refused', () => {
  const kept = new TimeSeries(60, 3).kept();
  expect(() => new TimeSeries(60, 2, kept)).toThrow('24 bytes');
});
