import { localTime } from '../../../local-node/formats/backup-name';
import { nextEvent, parseCalendarEvent } from '../../../local-node/formats/calendar-event';

/** A Thursday. */
const AFTER = '2026-11-26 01:41:47';

function next(schedule: string, after = AFTER): string | undefined {
  const time = nextEvent(parseCalendarEvent(schedule), new Date(after.replace(' ', 'T')).getTime());
  return time === undefined ? undefined : localTime(time);
}

test.each([
  ['02:00', '2026-11-26 02:00:00'],
  ['01:41', '2026-11-27 01:41:00'],
  ['01:41:48', '2026-11-26 01:41:48'],
  ['sat 03:00', '2026-11-28 03:00:00'],
  ['sun', '2026-11-29 00:00:00'],
  ['mon,tue 02:00', '2026-11-30 02:00:00'],
  ['mon..fri 8..17,22:0/15', '2026-11-26 08:00:00'],
  ['mon..wed 30,0/10', '2026-11-30 00:00:00'],
  ['*/5', '2026-11-26 01:45:00'],
  ['30', '2026-11-26 02:30:00'],
  ['fri 12..13:5/20', '2026-11-27 12:05:00'],
  ['22:5', '2026-11-26 22:05:00'],
  ['*:0/2:30', '2026-11-26 01:42:30'],
  ['*-05 4:00', '2026-12-05 04:00:00'],
  ['sat *-1..7 15:00', '2026-12-05 15:00:00'],
  ['2027-01-01 00:00', '2027-01-01 00:00:00'],
  ['*-2-29', '2028-02-29 00:00:00'],
  ['minutely', '2026-11-26 01:42:00'],
  ['hourly', '2026-11-26 02:00:00'],
  ['daily', '2026-11-27 00:00:00'],
  ['weekly', '2026-11-30 00:00:00'],
  ['monthly', '2026-12-01 00:00:00'],
  ['quarterly', '2027-01-01 00:00:00'],
  ['semiannually', '2027-01-01 00:00:00'],
  ['yearly', '2027-01-01 00:00:00'],
])('%s is next at %s', (schedule, time) => {
  expect(next(schedule)).toBe(time);
});

test('a time that never comes is none', () => {
  expect(next('2020-01-01')).toBeUndefined();
  expect(next('*-2-30')).toBeUndefined();
});

test.each(['', 'x', '25:00', 'mon..', 'fri..mon', '1:2:3:4', '5/0', '10..5', '02:00 more', 'mo 1:00', '-1'])(
  "'%s' is refused",
  (schedule) => {
    expect(() => parseCalendarEvent(schedule)).toThrow(/unable to parse calendar event/);
  },
);
