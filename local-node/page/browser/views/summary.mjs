import { get } from '../api.mjs';
import { element, say } from '../elements.mjs';
import { figure } from '../meter.mjs';
import { node, ofNode } from '../node.mjs';
import { timeCharts } from '../time-charts.mjs';
import { bytes, cpuUsage, duration, percent, usage } from '../words.mjs';

const CHARTS = [
  {
    ...{ title: 'CPU usage', write: percent, least: 0.04 },
    series: [
      { key: 'cpu', words: 'CPU usage' },
      { key: 'iowait', words: 'IO delay' },
    ],
  },
  {
    ...{ title: 'Server load', write: (/** @type {number} */ value) => value.toFixed(2), least: 1 },
    series: [{ key: 'loadavg', words: 'Load average' }],
  },
  {
    ...{ title: 'Memory usage', write: bytes, binary: true },
    series: [
      { key: 'memused', words: 'RAM usage' },
      { key: 'memtotal', words: 'Total' },
    ],
  },
  {
    ...{ title: 'HD space', write: bytes, binary: true },
    series: [
      { key: 'rootused', words: 'Used' },
      { key: 'roottotal', words: 'Total' },
    ],
  },
];

/**
 * The node's summary, in Proxmox VE's own words and order.
 * @returns {import('../frame.mjs').View}
 */
export function summaryView() {
  const title = element('h1', {}, 'Summary');
  const uptime = element('p', { class: 'hint' });
  const figures = {
    ...{ cpu: figure('CPU usage', { bar: true }), wait: figure('IO delay', { bar: true }) },
    load: figure('Load average'),
    ...{ ram: figure('RAM usage', { bar: true }), ksm: figure('KSM sharing') },
    ...{ disk: figure('HD space', { bar: true, note: "of the file system of the node's state" }) },
    swap: figure('SWAP usage', { bar: true }),
  };
  const { cpu, wait, load, ram, ksm, disk, swap } = figures;
  const facts = {
    ...{ cpus: figure('CPU(s)'), kernel: figure('Kernel Version'), boot: figure('Boot Mode') },
    manager: figure('Manager Version', { note: 'the API that the local node answers as' }),
  };
  const charts = timeCharts(CHARTS, async (frame) =>
    get(await ofNode(`/rrddata?timeframe=${frame}&cf=AVERAGE`)),
  );
  const left = element('dl', {}, ...[cpu, load, ram, disk].map(({ root }) => root));
  const right = element('dl', {}, ...[wait, ksm, swap].map(({ root }) => root));
  const below = element('dl', {}, ...Object.values(facts).map(({ root }) => root));
  return {
    ...{ title: 'Summary', section: 'Summary' },
    root: element(
      'div',
      {},
      element('div', { class: 'heading' }, title, uptime),
      element('section', { class: 'card summary', 'aria-label': 'Figures of the node' }, left, right, below),
      charts.root,
    ),
    refresh: async () => {
      const now = await get(await ofNode('/status'));
      say(title, (await node()).name);
      say(uptime, `Uptime: ${duration(now.uptime)}`);
      cpu.update(cpuUsage(now.cpu, now.cpuinfo.cpus), now.cpu);
      wait.update(percent(now.wait), now.wait);
      load.update(now.loadavg.join(', '));
      ram.update(usage(now.memory.used, now.memory.total), now.memory.used / now.memory.total);
      ksm.update(bytes(now.ksm.shared));
      disk.update(usage(now.rootfs.used, now.rootfs.total), now.rootfs.used / now.rootfs.total);
      swap.update(
        usage(now.swap.used, now.swap.total),
        now.swap.total > 0 ? now.swap.used / now.swap.total : 0,
      );
      const { cpus, model, sockets } = now.cpuinfo;
      facts.cpus.update(`${cpus} x ${model} (${sockets} Socket${sockets === 1 ? '' : 's'})`);
      facts.kernel.update(now.kversion);
      facts.boot.update(now['boot-info'].mode === 'efi' ? 'EFI' : 'Legacy BIOS');
      facts.manager.update(now.pveversion);
      await charts.refresh();
    },
  };
}
