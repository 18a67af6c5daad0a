import type { Messages } from '../english/english';

const accelerations = {
  kvm: 'divirtualisasikan oleh perangkat keras (KVM)',
  tcg: 'diemulasikan (TCG), tanpa virtualisasi perangkat keras',
  native: 'kontainer (LXC), yang berjalan langsung pada kernel node',
  simulated: 'disimulasikan: tidak ada yang berjalan',
  unknown: 'tidak tercatat apakah dengan KVM atau diemulasikan',
} as const;

export const firstPage: Messages['firstPage'] = {
  name: 'Ringkasan satu halaman',
  meaning: 'Apa artinya',
  charts: 'Angka terpenting, di samping angka makalah tahun 2019',
  warnings: 'Yang perlu diperhatikan',
  more: (count) => `${count} lagi`,
  nothing: 'Belum ada hasil pengukuran.',
  facts: {
    measured: 'Yang diukur',
    target: 'Node',
    guests: 'Mesin virtual',
    repetitions: 'Pengulangan',
    date: 'Tanggal',
    lab: 'Laboratorium',
  },
  scenarios: {
    resources: (levels) => `beban pada node dengan ${levels}`,
    qos: (applications) => `layanan yang diterima klien dari ${applications}`,
    load: 'pada laju berapa aplikasi tidak lagi mampu mengimbangi',
    benchmarks: 'kemampuan mesin virtual di samping node itu sendiri',
  },
  levels: (from, to) =>
    from === to ? `${to} mesin virtual yang berjalan` : `${from} hingga ${to} mesin virtual yang berjalan`,
  target: (node, local, size) => `${node}, ${local ? 'node lokal tertanam' : 'node Proxmox VE'}${size}`,
  size: (cpus, memory) => `: ${cpus}, memori ${memory}`,
  guests: (count, acceleration) => `${count}, ${accelerations[acceleration]}`,
  each: {
    visits: 'kunjungan per tingkat',
    sessions: 'sesi per aplikasi',
    ladders: 'tangga beban per aplikasi',
    trials: 'percobaan per mesin virtual',
  },
  none: 'tidak ada',
  lab: (name, guests, clients, plan) => `${name}: ${guests}, ${clients}; rencana “${plan}”`,
  and: (items) =>
    items.length < 2
      ? items.join('')
      : `${items.slice(0, -1).join(', ')}${items.length > 2 ? ',' : ''} dan ${items.at(-1)}`,
};
