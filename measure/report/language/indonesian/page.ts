import type { Messages } from '../english/english';

export const page: Messages['page'] = {
  title: 'Virtualisasi server pada Proxmox VE: beban pada node dan layanan yang diterima klien',
  subtitle: (run) => `Pengukuran ${run}, mengikuti sebuah makalah tahun 2019 tentang Proxmox VE 5.3`,
  untranslated: 'Bagian-bagian berikut baru tersedia dalam bahasa Inggris.',
  sections: 'Selengkapnya',
  openAll: 'Buka semua bagian',
  hint: 'Angka dengan garis titik-titik di bawahnya membuka penjelasan asal-usulnya.',
  details: 'rincian',
  holds: (charts, tables) =>
    [...(charts > 0 ? [`${charts} grafik`] : []), ...(tables > 0 ? [`${tables} tabel`] : [])].join(', '),
};
