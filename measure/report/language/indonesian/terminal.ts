import type { Messages } from '../english/english';

export const terminal: Messages['terminal'] = {
  all: (label) => `Semua angka: ${label}`,
  levels: ['Mesin virtual berjalan', 'Penggunaan CPU', 'Penggunaan memori', 'Load, 1 menit'],
  applications: ['Aplikasi', 'Throughput', 'Packet loss', 'Delay satu arah', 'Jitter', 'Waktu muat halaman'],
  disturbed: 'terganggu oleh program lain',
  transient: 'transien',
  notInstalled: (reason) => `tidak terpasang: ${reason}`,
  unknown: 'tidak diketahui',
  load: (finding) => `Beban: ${finding}`,
  fault: (fault) => `Tidak lengkap: ${fault}`,
};
