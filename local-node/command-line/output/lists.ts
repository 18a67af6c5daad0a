/** What commands print of a call's answer, in their own words. */
import { prettyJson } from './json';
import { snapshotTree } from './snapshot-tree';
import type { Row } from './text-table';

export interface Asked {
  readonly options: Readonly<Record<string, string | readonly string[]>>;
}

type Printer = (data: unknown, asked: Asked) => string;

const rowsOf = (data: unknown): readonly Row[] => (Array.isArray(data) ? data : []);
const word = (value: unknown): string => String(value ?? '');
const amount = (value: unknown): number => Number(value ?? 0);
const byNumber = (name: string) => (a: Row, b: Row) => amount(a[name]) - amount(b[name]);
const byText = (name: string) => (a: Row, b: Row) => (word(a[name]) < word(b[name]) ? -1 : 1);
const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** A text of several lines as Proxmox VE keeps it on one. */
export function oneLine(value: unknown): string {
  return word(value).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function keyed(row: Row): string {
  return lines(
    Object.keys(row)
      .sort()
      .flatMap((name) => (row[name] === undefined ? [] : [`${name}: ${nested(row[name])}`])),
  );
}

function nested(value: unknown): string {
  return value instanceof Object ? prettyJson(value) : oneLine(value);
}

function columns(widths: readonly number[], texts: readonly unknown[]): string {
  return widths
    .map((width, index) =>
      width < 0 ? word(texts[index]).padEnd(-width) : word(texts[index]).padStart(width),
    )
    .join(' ');
}

const MACHINES = [10, -20, -10, -10, 12, -10];
const CONTAINERS = [-10, -10, -12, -20];

function storages(data: unknown): string {
  const rows = [...rowsOf(data)].sort(byText('storage'));
  const name = Math.max(0, ...rows.map(({ storage }) => word(storage).length)) + 1;
  const widths = [-name, 10, 10, 15, 15, 15, 8];
  const kib = (value: unknown) => Math.trunc(amount(value) / 1024);
  return lines([
    columns(widths, ['Name', 'Type', 'Status', 'Total (KiB)', 'Used (KiB)', 'Available (KiB)', '%']),
    ...rows.map(({ storage, type, active, enabled, total, used, avail }) => {
      const share = amount(total) > 0 ? (amount(used) * 100) / amount(total) : 0;
      const state = enabled === 0 ? 'disabled' : amount(active) ? 'active' : 'inactive';
      const percent = enabled === 0 ? 'N/A' : `${share.toFixed(2)}%`;
      return columns(widths, [storage, type, state, kib(total), kib(used), kib(avail), percent]);
    }),
  ]);
}

function volumes(data: unknown): string {
  const rows = rowsOf(data);
  const name = Math.max(0, ...rows.map(({ volid }) => word(volid).length));
  const digits = word(Math.max(0, ...rows.map(({ size }) => amount(size)))).length;
  const widths = [-name, -7, -9, digits];
  const line = ({ volid, format, content, size }: Row) => columns(widths, [volid, format, content, size]);
  const free = rows.filter(({ vmid }) => !vmid).sort(byText('format'));
  return lines([
    `${columns(widths, ['Volid', 'Format', 'Type', 'Size'])} VMID`,
    ...rows.filter(({ vmid }) => vmid).map((row) => `${line(row)} ${row.vmid}`),
    ...free.map(line),
  ]);
}

function pending(data: unknown): string {
  const rows = rowsOf(data).filter(({ key }) => key !== 'digest');
  const sorted = [...rows].sort(byText('key'));
  return lines(
    sorted.flatMap(({ key, value, pending: next, delete: gone }) => [
      ...(value === undefined ? [] : [`cur ${key}: ${oneLine(value)}`]),
      ...(next === undefined ? [] : [`new ${key}: ${oneLine(next)}`]),
      ...(gone === undefined ? [] : [`del ${key}`]),
    ]),
  );
}

function status(data: unknown, { options }: Asked): string {
  const row = data as Row;
  if (options.verbose === undefined) return `status: ${word(row.qmpstatus ?? row.status)}\n`;
  const { ha: _, cpu: __, ...shown } = row;
  return keyed(shown);
}

function agent(data: unknown): string {
  const { result = data } = (data ?? {}) as Row;
  if (result instanceof Object) return `${prettyJson(result)}\n`;
  return word(result).trim() === '' ? '' : `${word(result).trimEnd()}\n`;
}

export const PRINTERS: Readonly<Record<string, Printer>> = {
  agent,
  allocated: (data) => `successfully created '${word(data)}'\n`,
  config: (data) => {
    const { digest: _, ...options } = data as Row;
    return keyed(options);
  },
  containers: (data) => {
    const rows = [...rowsOf(data)].sort(byNumber('vmid'));
    if (rows.length === 0) return '';
    const texts = rows.map(({ vmid, status: state, lock, name }) => [vmid, state, lock, name]);
    return lines([['VMID', 'Status', 'Lock', 'Name'], ...texts].map((row) => columns(CONTAINERS, row)));
  },
  json: (data) => `${prettyJson(data)}\n`,
  log: (data) => lines(rowsOf(data).map(({ t }) => word(t))),
  machines: (data) => {
    const rows = [...rowsOf(data)].sort(byNumber('vmid'));
    if (rows.length === 0) return '';
    const texts = rows.map(({ vmid, name, status: state, qmpstatus, maxmem, maxdisk, pid }) => {
      const disk = (amount(maxdisk) / 1024 ** 3).toFixed(2);
      return [vmid, name, qmpstatus ?? state, amount(maxmem) / 1024 ** 2, disk, amount(pid)];
    });
    const head = ['VMID', 'NAME', 'STATUS', 'MEM(MB)', 'BOOTDISK(GB)', 'PID'];
    return lines([head, ...texts].map((row) => columns(MACHINES, row)));
  },
  path: (data) => `${word((data as Row).path)}\n`,
  pending,
  snapshots: (data) => snapshotTree(rowsOf(data)),
  status,
  storages,
  text: (data) => (word(data).endsWith('\n') ? word(data) : `${word(data)}\n`),
  volumes,
};
