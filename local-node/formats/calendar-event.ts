/**
 * Calendar events as Proxmox VE documents them, a part of systemd's: `[weekdays] [[years-]months-days] [time]`, for
 * example `mon..fri 8..17,22:0/15`. A time without a colon is minutes of every hour. In the node's local time.
 */

/** Numbers that fit; undefined = all. */
type Field = ReadonlySet<number> | undefined;

export interface CalendarEvent {
  readonly weekdays: Field;
  readonly years: Field;
  readonly months: Field;
  readonly days: Field;
  readonly hours: Field;
  readonly minutes: Field;
  readonly seconds: Field;
}

const SHORT: Readonly<Record<string, string>> = {
  minutely: '*:*:00',
  hourly: '*:00:00',
  daily: '00:00:00',
  weekly: 'mon 00:00:00',
  monthly: '*-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
  'semi-annually': '*-01,07-01 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
};
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const YEARS = [1970, 2200] as const;
/** Days that are looked at for the next time: a 29th of February on a given weekday comes within 40 years. */
const HORIZON = 366 * 41;

/** Throws an Error that says what cannot be read. */
export function parseCalendarEvent(text: string): CalendarEvent {
  const words = (SHORT[text.trim().toLowerCase()] ?? text).trim().split(/\s+/);
  if (words[0] === '') throw new Error('unable to parse calendar event - it is empty');
  const weekdays = /^[a-z]/i.test(words[0] ?? '') ? weekdaysOf(words.shift() ?? '') : undefined;
  const date = words[0]?.includes('-') ? words.shift() : undefined;
  const time = words.shift();
  if (words.length > 0) throw new Error(`unable to parse calendar event - '${words[0]}' is too much`);
  return { weekdays, ...dateOf(date), ...timeOf(time) };
}

/** Milliseconds since the epoch of the first time after `after`; undefined if there is none. */
export function nextEvent(event: CalendarEvent, after: number): number | undefined {
  const first = new Date(Math.floor(after / 1000) * 1000 + 1000);
  for (let ahead = 0; ahead < HORIZON; ahead += 1) {
    const day = new Date(first.getFullYear(), first.getMonth(), first.getDate() + ahead);
    if (!fitsDay(event, day)) continue;
    for (const hour of numbers(event.hours, 0, 23)) {
      for (const minute of numbers(event.minutes, 0, 59)) {
        // The last second of a minute that is over tells without looking at each.
        if (at(day, hour, minute, 59) < first.getTime()) continue;
        for (const second of numbers(event.seconds, 0, 59)) {
          const time = at(day, hour, minute, second);
          if (time >= first.getTime()) return time;
        }
      }
    }
  }
  return undefined;
}

function at(day: Date, hour: number, minute: number, second: number): number {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute, second).getTime();
}

function fitsDay({ weekdays, years, months, days }: CalendarEvent, day: Date): boolean {
  const fits = (field: Field, value: number) => field === undefined || field.has(value);
  return (
    fits(weekdays, day.getDay()) &&
    fits(years, day.getFullYear()) &&
    fits(months, day.getMonth() + 1) &&
    fits(days, day.getDate())
  );
}

function numbers(field: Field, from: number, to: number): number[] {
  return field
    ? [...field].sort((a, b) => a - b)
    : Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function dateOf(text: string | undefined): Pick<CalendarEvent, 'years' | 'months' | 'days'> {
  if (text === undefined) return { years: undefined, months: undefined, days: undefined };
  const parts = text.split('-');
  if (parts.length > 3) throw unreadable(text);
  const [days = '*', months = '*', years = '*'] = parts.reverse();
  return {
    years: field(years, ...YEARS),
    months: field(months, 1, 12),
    days: field(days, 1, 31),
  };
}

function timeOf(text: string | undefined): Pick<CalendarEvent, 'hours' | 'minutes' | 'seconds'> {
  const zero = new Set([0]);
  if (text === undefined) return { hours: zero, minutes: zero, seconds: zero };
  const parts = text.split(':');
  if (parts.length > 3) throw unreadable(text);
  if (parts.length === 1) return { hours: undefined, minutes: field(text, 0, 59), seconds: zero };
  const [hours = '*', minutes = '*', seconds = '0'] = parts;
  return { hours: field(hours, 0, 23), minutes: field(minutes, 0, 59), seconds: field(seconds, 0, 59) };
}

/** A list of numbers, ranges a..b and steps x/n, where x is a number, a range or *. */
function field(text: string, from: number, to: number): Field {
  if (text === '*') return undefined;
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const [, start, end, step] = /^(\*|\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/.exec(item) ?? [];
    if (start === undefined || (start === '*' && end !== undefined)) throw unreadable(item);
    const first = start === '*' ? from : Number(start);
    const open = step !== undefined && end === undefined;
    const last = end === undefined ? (open || start === '*' ? to : first) : Number(end);
    const by = Number(step ?? 1);
    if (first < from || last > to || first > last || by === 0) throw unreadable(item);
    for (let value = first; value <= last; value += by) found.add(value);
  }
  return found;
}

/** mon,wed..fri */
function weekdaysOf(text: string): Field {
  const day = (name: string): number => {
    const index = WEEKDAYS.findIndex((full) => name.length >= 3 && full.startsWith(name.toLowerCase()));
    if (index < 0) throw unreadable(name);
    return index;
  };
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const [first = '', last = first] = item.split('..');
    // A week begins on Monday.
    const [from, to] = [(day(first) + 6) % 7, (day(last) + 6) % 7];
    if (from > to) throw unreadable(item);
    for (let index = from; index <= to; index += 1) found.add((index + 1) % 7);
  }
  return found;
}

function unreadable(text: string): Error {
  return new Error(`unable to parse calendar event - '${text}' cannot be read`);
}
