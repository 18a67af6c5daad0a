import Table from 'cli-table3';
import { accelerationWords, type NodeReport, uplinkWords } from './lifecycle';

/** A report as a person reads it. */
export function describeNode(report: NodeReport): string {
  if (!report.up) {
    const left = `Its own process has been killed, and ${report.leftProcesses} of its processes are left: \`npm run node -- up\` takes them over, \`down\` ends them.`;
    return `The local node is not up.${report.leftProcesses > 0 ? ` ${left}` : ''}`;
  }
  const used = `${mebibytes(report.memoryUsedBytes)} of ${mebibytes(report.memoryTotalBytes)} MiB memory used`;
  const out = report.uplink ? `\n${uplinkWords(report.uplink)}` : '';
  const head = `${report.endpoint}  ${accelerationWords(report.acceleration)}  process ${report.pid}  ${used}  up ${report.uptimeSeconds} s${out}`;
  if (report.guests.length === 0) return `${head}\nno guests`;
  const table = new Table({
    head: ['vmid', 'kind', 'name', 'status', 'memory, MiB', 'uptime, s', 'here'],
    style: { head: [], border: [] },
  });
  const here = (vmid: number): string => {
    const state = report.forwards?.find((forward) => forward.vmid === vmid);
    return state?.fault ?? (state ? `127.0.0.1:${state.local}` : '');
  };
  for (const guest of report.guests) {
    const { vmid, name = '', status: state, mem, maxmem, uptime } = guest;
    const kind = guest.kind === 'lxc' ? 'container' : 'VM';
    const memory = `${mebibytes(mem)} of ${mebibytes(maxmem)}`;
    const not = guest['not-limited'];
    const how = not === undefined ? state : `${state}, ${not.replace(',', ' and ')} not limited`;
    table.push([vmid, kind, name, how, memory, uptime ?? '?', here(vmid)]);
  }
  return `${head}\n${table.toString()}`;
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '?' : (bytes / 2 ** 20).toFixed(0);
}
