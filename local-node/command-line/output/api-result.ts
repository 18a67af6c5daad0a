/** What a call answers, in the format that was asked for. */
import { stringify } from 'yaml';
import type { Returned } from '../../schema/call-schema';
import { canonicalJson, prettyJson } from './json';
import { cellText, type Row, textTable } from './text-table';
import { bytes, duration, percentage } from './units';

export interface FormatOptions {
  readonly format: string;
  readonly border: boolean;
  readonly header: boolean;
  readonly humanReadable: boolean;
}

type Renderer = (value: number) => string;
const SIZES = { maxmem: bytes, mem: bytes, disk: bytes, maxdisk: bytes, uptime: duration };
/** Lists whose figures Proxmox VE renders; its schema says so, and the trimmed one does not. */
const RENDERED: Readonly<Record<string, Readonly<Record<string, Renderer>>>> = {
  '/nodes': { ...SIZES, cpu: percentage },
  '/cluster/resources': { ...SIZES, cpu: percentage },
  '/nodes/{node}/qemu': SIZES,
  '/nodes/{node}/lxc': SIZES,
  '/nodes/{node}/storage': { total: bytes, used: bytes, avail: bytes, used_fraction: percentage },
};

export function printResult(
  data: unknown,
  returned: Returned,
  path: string,
  options: FormatOptions,
  columns: readonly string[] = [],
): string {
  if (returned.type === 'null') return '';
  if (options.format === 'json') return `${canonicalJson(data)}\n`;
  if (options.format === 'json-pretty') return `${prettyJson(data)}\n`;
  if (options.format === 'yaml') return stringify(data ?? null, { sortMapEntries: true, lineWidth: 0 });
  return text(data, returned, path, options, columns);
}

function text(
  data: unknown,
  returned: Returned,
  path: string,
  options: FormatOptions,
  wanted: readonly string[],
): string {
  const types = returned.columns ?? {};
  const { border, header } = options;
  const shapes = Array.isArray(data) ? data.map((item) => item instanceof Object) : [];
  if (Array.isArray(data) && data.length === 0) return '';
  if (shapes.includes(true)) {
    const rows = data as readonly Row[];
    const columns = wanted.length > 0 ? wanted : columnsOf(types, rows);
    const renderers = options.humanReadable ? (RENDERED[path] ?? {}) : {};
    const render = (name: string, value: unknown) =>
      value === undefined || value === null ? undefined : renderers[name]?.(Number(value));
    return textTable(rows, columns, { border, header, types, render });
  }
  if (Array.isArray(data)) return data.map((item) => `${cellText(item)}\n`).join('');
  if (!(data instanceof Object)) return data === undefined || data === null ? '' : `${data}\n`;
  const record = data as Row;
  const rows = columnsOf(types, [record])
    .filter((key) => record[key] !== undefined && record[key] !== null)
    .map((key) => ({ key, value: cellText(record[key], types[key]) }));
  return textTable(rows, ['key', 'value'], { border, header, types: {} });
}

/** Those of the schema, needed ones first; without a schema, those that there are. */
function columnsOf(types: Readonly<Record<string, string>>, rows: readonly Row[]): string[] {
  const known = Object.keys(types).sort();
  if (known.length === 0) return [...new Set(rows.flatMap((row) => Object.keys(row)))].sort();
  const optional = known.filter((name) => types[name]?.endsWith('?'));
  return [...known.filter((name) => !optional.includes(name)), ...optional];
}
