import type { Messages } from '../english/english';

export const why: Messages['why'] = {
  question: 'Mengapa angka ini dapat dipercaya?',
  ofChart: 'Setiap angka pada grafik ini, tanpa pembulatan. Klik namanya untuk melihat asal-usulnya.',
  statistic: {
    median: 'median dari pengamatan di bawah ini',
    sum: 'jumlah dari pengamatan di bawah ini',
    largest: 'nilai terbesar dari pengamatan di bawah ini',
    smallest: 'nilai terkecil dari pengamatan di bawah ini',
    'the only one': 'satu-satunya pengamatan',
    'the first that has one': 'pengamatan pertama yang memilikinya',
  },
  interval: (low, high, coverage) =>
    `[${low}, ${high}] memuat median sebenarnya pada ${coverage} dari semua kasus`,
  each: 'Setiap pengamatan',
  fields: 'Dihitung dari data',
  command: 'Rincian yang sama beserta SHA-256 setiap berkas:',
};
