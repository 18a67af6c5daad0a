import type { Messages } from '../english/english';

const months = [
  'Januari',
  'Februari',
  'Maret',
  'April',
  'Mei',
  'Juni',
  'Juli',
  'Agustus',
  'September',
  'Oktober',
  'November',
  'Desember',
] as const;

/** Indonesian has no plural after a number. */
const alike = (noun: string): [string, string] => [noun, noun];

export const shared: Messages['shared'] = {
  decimal: ',',
  group: '.',
  separator: ';',
  nouns: {
    CPU: alike('CPU'),
    block: alike('blok'),
    client: alike('klien'),
    fault: alike('kesalahan'),
    file: alike('berkas'),
    figure: alike('besaran'),
    guest: alike('mesin virtual'),
    ladder: alike('tangga beban'),
    packet: alike('paket'),
    page: alike('halaman'),
    probe: alike('probe'),
    request: alike('permintaan'),
    'running guest': alike('mesin virtual yang berjalan'),
    sample: alike('sampel'),
    session: alike('sesi'),
    step: alike('langkah'),
    trial: alike('percobaan'),
    visit: alike('kunjungan'),
    browser: alike('peramban'),
    'scripted client': alike('klien berskrip'),
    warning: alike('peringatan'),
    run: alike('pengukuran'),
    package: alike('paket perangkat lunak'),
    core: alike('inti'),
    level: alike('tingkat'),
    time: alike('kali'),
    transfer: alike('transfer'),
  },
  labels: {
    'emulated (TCG)': 'diemulasikan (TCG)',
    simulated: 'disimulasikan',
    'acceleration unknown': 'akselerasi tidak diketahui',
  },
  requests: 'permintaan',
  missing: 'tidak diukur',
  range: (low, high) => (low === high ? low : `${low} hingga ${high}`),
  date: (date, time) => {
    const [year, month, day] = date.split('-').map(Number);
    const name = months[(month ?? 0) - 1];
    return `${day} ${name} ${year} pukul ${time.replaceAll(':', '.')} UTC`;
  },
};
