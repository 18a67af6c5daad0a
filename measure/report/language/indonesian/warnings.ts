import type { Messages } from '../english/english';

export const warnings: Messages['warnings'] = {
  emulated:
    'Diemulasikan (TCG): kode mesin virtual diterjemahkan oleh QEMU tanpa virtualisasi perangkat keras. Penggunaan CPU, waktu muat halaman, dan waktu mulai jauh di atas mesin yang divirtualisasikan; memori memuat cache penerjemahan; paketnya nyata.',
  simulated:
    'Disimulasikan: tidak ada mesin virtual yang berjalan. Angka-angka ini menunjukkan bahwa alat ukurnya bekerja dan tidak mengatakan apa pun tentang mesin virtual.',
  accelerationUnknown:
    'Tidak tercatat apakah mesin virtual divirtualisasikan oleh perangkat keras atau diemulasikan.',
  notLimited: (what) =>
    `Tidak dibatasi: control group node tidak menegakkan batas ${what.replace(' and ', ' dan ')} kontainer. Kontainer memakai apa yang ada, dan membaginya tidak seperti yang tertulis di lab.yaml.`,
  disturbed: (disturbed, visits, most) =>
    `Terganggu: pada ${disturbed} dari ${visits}, program lain memakai hingga ${most} CPU node. CPU, load, dan memori di sana juga milik program tersebut.`,
  fault: (text) => `Tidak lengkap: ${text}.`,
  faults: (count, first) => `Tidak lengkap: ${count}, yang pertama: ${first}.`,
  missing: (guest, reason) => `${guest} tidak terpasang: ${reason}.`,
  notMeasured: (guest) => `${guest}: tidak ada sesi yang diukur.`,
  noInterval: (n) =>
    `${n}: terlalu sedikit untuk selang kepercayaan. Perbedaan antara dua angka seperti ini tidak dapat dibedakan dari kebetulan.`,
  fewRepetitions: (n, coverage, wanted) =>
    `${n}: selang kepercayaan memuat median sebenarnya hanya pada ${coverage} dari semua kasus; untuk ${wanted} diperlukan lebih banyak pengulangan.`,
  notSettled: (visits, of) =>
    `Belum stabil: pada ${visits} dari ${of}, CPU belum stabil ketika pengambilan sampel dimulai. Kunjungan itu tetap disertakan.`,
  fullNode: (sessions, of, percent) =>
    `Pada ${sessions} dari ${of}, CPU node sibuk lebih dari ${percent} waktu: waktu muat halaman adalah waktu pada node yang mencapai batasnya.`,
  lossUnknown: (guests, reason) => `Packet loss ${guests} tidak diketahui: ${reason}.`,
  dependence: (found, tested) =>
    `Pada ${found} dari ${tested} besaran yang diuji, pengulangan mirip dengan yang sebelumnya: selang kepercayaannya terlalu sempit.`,
};
