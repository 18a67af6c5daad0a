import type { Messages } from '../english/english';
import type { Steps, StepVerdict } from '../english/findings';

const running = (level: number): string =>
  level === 0 ? 'tanpa mesin virtual yang berjalan' : `dengan ${level} mesin virtual yang berjalan`;

function steps({ added, paper, verdict }: Steps, of: string): string {
  if (added === null) return '';
  const each = added.byOne ? 'Setiap mesin virtual tambahan' : 'Setiap langkah antartingkat';
  const change = added.falls ? 'mengubahnya sebesar' : 'menambah';
  const beside = paper === null ? '' : `; pembacaan tunggal dalam makalah: ${paper}`;
  return ` ${each} ${change} ${added.range}${of} (median selisih dalam blok, ${added.n}${beside}). ${stepVerdict(verdict)}`;
}

function stepVerdict({ steps, above, below, unclear, coverage }: StepVerdict): string {
  const unknown = steps - above - below - unclear;
  if (coverage === null) {
    return 'Dengan blok sesedikit ini tidak ada selang kepercayaan: tidak ada langkah yang terbukti lebih dari kebetulan.';
  }
  const all =
    steps === 1 ? 'Selang kepercayaan langkah itu' : `Selang kepercayaan dari ke-${steps} langkah seluruhnya`;
  if (above === steps) return `${all} berada di atas 0 (cakupan ${coverage}).`;
  if (below === steps) return `${all} berada di bawah 0 (cakupan ${coverage}).`;
  const parts = [
    ...(above > 0 ? [`${above} berada di atas 0`] : []),
    ...(below > 0 ? [`${below} berada di bawah 0`] : []),
    ...(unclear > 0 ? [`${unclear} memuat 0 sehingga perbedaan tidak terbukti`] : []),
    ...(unknown > 0 ? [`${unknown} tidak ada`] : []),
  ];
  return `Dari selang kepercayaan ${steps} langkah, ${parts.join(', ')} (cakupan ${coverage}).`;
}

export const findings: Messages['findings'] = {
  names: {
    memory: 'Memori',
    cpu: 'CPU',
    starting: 'Waktu mulai',
    pages: 'Halaman',
    packets: 'Paket',
    throughput: 'Throughput',
    load: 'Beban',
    benchmarks: 'Tolok ukur',
  },
  memoryOfOne: (value, level) => `node menggunakan ${value} ${running(level)}.`,
  memory: (of) =>
    `node menggunakan ${of.last} ${running(of.lastLevel)} dan ${of.first} ${running(of.firstLevel)}.${steps(of, '')}`,
  cpuOfOne: (value, level) => `CPU node sibuk selama ${value} waktu ${running(level)}.`,
  cpu: (of) =>
    `CPU node sibuk selama ${of.last} waktu ${running(of.lastLevel)} dan ${of.first} ${running(of.firstLevel)}.${steps(of, ' poin persentase')}`,
  starting: (range, n) =>
    `dari perintah mulai hingga aplikasinya menjawab, sebuah mesin virtual memerlukan ${range} (median, ${n}).`,
  page: (guest, time, n) =>
    `sebuah halaman ${guest} beserta semua yang dimuatnya memerlukan ${time} (median, ${n}).`,
  pages: (fast, fastTime, slow, slowTime, n) =>
    `beserta semua yang dimuatnya, sebuah halaman memerlukan ${fastTime} (${fast}) hingga ${slowTime} (${slow}), median, ${n}.`,
  overlap: {
    none: 'Dengan sesi sesedikit ini tidak ada selang kepercayaan: perbedaan keduanya tidak terbukti.',
    apart: (coverage) => `Selang kepercayaan keduanya tidak bertumpang tindih (cakupan ${coverage}).`,
    overlap: (coverage) =>
      `Selang kepercayaan keduanya bertumpang tindih (cakupan ${coverage}): perbedaan tidak terbukti.`,
  },
  lossUnknown: 'packet loss tidak diketahui.',
  noLoss: (followed, bound) =>
    `tidak ada yang hilang dari ${followed} yang diikuti; jika kehilangan saling bebas, lajunya di bawah ${bound} (tingkat kepercayaan 95\u00a0%).`,
  loss: (lost, followed, percent) => `dari ${followed} yang diikuti, ${lost} hilang (${percent}).`,
  lossKnownFor: (known, all) => ` Packet loss diketahui untuk ${known} dari ${all} aplikasi.`,
  delays: (delay, jitter) =>
    ` Delay satu arah ${delay}, jitter ${jitter} (median per aplikasi); makalah menyatakan 0 untuk ketiganya, yang tidak dapat dibedakan oleh metodenya.`,
  throughput: (range, n, paper) =>
    `${range} untuk kedua arah (median per aplikasi, ${n})${paper === null ? '' : `; makalah: ${paper}`}. Jeda pembaca termasuk di dalamnya: ini yang diminta, dan tidak memeringkat jaringan maupun aplikasi.`,
  load: {
    missing: (reason) => `tidak ikut serta: aplikasinya tidak terpasang (${reason})`,
    noLadder: 'tidak memiliki tangga beban tanpa kesalahan',
    of: (count, ladders) => ` pada ${count} dari ${ladders}`,
    below: (first, of) => `tidak mampu mengimbangi bahkan laju pertama, ${first}${of}`,
    above: (last, of) =>
      `mengimbangi setiap laju yang ditawarkan, hingga ${last}${of}: batasnya berada di atas itu`,
    between: (kept, not, ladders, single) =>
      `mengimbangi ${kept} dan tidak lagi ${not} (${single ? 'satu tangga beban' : `median dari ${ladders}`})`,
  },
  benchmarks: (name, range, n) =>
    `${name}: mesin virtual mencapai ${range} kali node itu sendiri (median rasio dalam percobaan, ${n}; 1 = tidak ada yang hilang).`,
};
