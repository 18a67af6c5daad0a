import type { Messages } from '../english/english';

export const charts: Messages['charts'] = {
  run: 'hasil ini',
  guests: 'VM',
  paper: 'makalah',
  runningGuests: 'mesin virtual yang berjalan',
  unknown: 'tidak diketahui',
  notInstalled: 'tidak terpasang',
  ofAllCpus: '% dari semua CPU',
  ofMemory: '% dari memori',
  tasks: 'proses',
  memory: 'Penggunaan memori menurut jumlah mesin virtual',
  memoryCaption:
    'MemTotal − MemAvailable pada node; untuk mesin virtual, memori residen prosesnya. Kapasitas kedua node berbeda: yang dibandingkan adalah kemiringannya.',
  cpu: 'Penggunaan CPU pada node',
  cpuCaption: 'Persentase waktu sibuk dari semua CPU, dan bagian yang dipakai proses mesin virtual.',
  load: 'Load average, 1 menit',
  loadCaption: (transient) =>
    `Jumlah proses, tanpa satuan${transient ? '; masih transien pada sedikitnya satu tingkat' : ''}.`,
  share: 'Penggunaan memori, persentase dari node',
  shareCaption: 'Memori terpakai dari seluruh memori node.',
  throughput: 'Throughput (beban yang ditawarkan)',
  throughputCaption:
    'Byte pada jaringan, kedua arah, dibagi waktu sesi, termasuk jeda pembaca: yang diminta pembaca, bukan kapasitas jaringan.',
  loss: 'Packet loss',
  lossCaption:
    'Paket yang terlihat di sisi pengirim tetapi tidak di sisi penerima. Angka 0 dalam makalah dinyatakan, tidak diukur di kedua sisi.',
  delay: 'Delay satu arah',
  delayCaption: 'Median arah yang lebih lambat. Angka 0 dalam makalah berada di bawah resolusi metodenya.',
  jitter: 'Jitter (RFC 3550)',
  answered: (guest) => `${guest}: laju terjawab terhadap laju yang ditawarkan`,
  answeredCaption:
    'Satu tanda per langkah: terisi = mampu mengimbangi, kosong = tidak; garis menghubungkan median tangga beban. Garis putus-putus: semua dijawab secepat diminta. Di tempat tanda meninggalkan garis itu, tingginya adalah kemampuan aplikasi.',
  latency: (guest) => `${guest}: latensi terhadap laju yang ditawarkan`,
  latencyCaption:
    'Satu tanda per langkah: terisi = mampu mengimbangi, kosong = tidak; garis menghubungkan median tangga beban. Lingkaran: median, segitiga: persentil ke-95, sejak waktu mulai yang direncanakan. Persentil yang tidak dapat diketahui tidak bertanda.',
  offeredAxis: 'ditawarkan, permintaan/s',
  answeredAxis: 'terjawab, permintaan/s',
  latencyAxis: 'latensi, s',
  latencyLimit: (seconds) => `batas persentil ke-95, ${seconds} s`,
  jitterCaption: 'Rata-rata arah yang lebih buruk. Angka 0 dalam makalah berada di bawah resolusi metodenya.',
};
