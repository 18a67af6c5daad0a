/** The node's figures in the words and order of Proxmox VE's summary, as the study of 2019 shows them. */

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 320;
const HEIGHT = 100;
const GIB = 2 ** 30;

const percent = (value) => (value === null ? 'not known' : `${value.toFixed(2)} %`);
const gib = (bytes) => `${(bytes / GIB).toFixed(2)} GiB`;
const share = (part, whole) => (whole > 0 ? (100 * part) / whole : null);
const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** Each chart: its lines in the order drawn, its figure in words, and the paper's. */
const CHARTS = [
  {
    title: 'CPU usage',
    unit: '%',
    limit: 100,
    lines: [
      { name: 'all', of: (reading) => reading.cpuPercent, area: true },
      { name: 'other work', of: (reading) => reading.othersCpuPercent },
    ],
    words: ({ cpuPercent, cpus }) => `${percent(cpuPercent)} of ${cpus} CPU(s)`,
    paper: ({ cpuPercent }) => percent(cpuPercent),
  },
  {
    title: 'Load average',
    unit: '',
    lines: [
      { name: '1 min', of: (reading) => reading.loadAverage[0] },
      { name: '5 min', of: (reading) => reading.loadAverage[1] },
      { name: '15 min', of: (reading) => reading.loadAverage[2] },
    ],
    words: ({ loadAverage }) => loadAverage.map((each) => each.toFixed(2)).join(', '),
    paper: ({ loadAverage }) => loadAverage.map((each) => each.toFixed(2)).join(', '),
  },
  {
    title: 'RAM usage',
    unit: 'GiB',
    lines: [{ name: 'used', of: (reading) => reading.memoryUsedBytes / GIB, area: true }],
    words: ({ memoryUsedBytes: used, memoryTotalBytes: all }) =>
      `${percent(share(used, all))} (${gib(used)} of ${gib(all)})`,
    paper: ({ memoryPercent, memoryMiB }) => `${percent(memoryPercent)} (${(memoryMiB / 1024).toFixed(2)} GiB)`,
  },
  {
    title: 'HD space (root)',
    unit: 'GiB',
    lines: [{ name: 'used', of: (reading) => reading.rootUsedBytes / GIB, area: true }],
    words: ({ rootUsedBytes: used, rootTotalBytes: all }) =>
      `${percent(share(used, all))} (${gib(used)} of ${gib(all)})`,
    paper: ({ rootDiskPercent, rootDiskGiB }) => `${percent(rootDiskPercent)} (${rootDiskGiB} GiB)`,
  },
];

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The smallest of 1, 2, 5, 10, 20 ... that holds the value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value - 1e-9);
}

function tile(chart) {
  const figure = element('figure', 'tile');
  const drawing = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  const band = svg('rect', { class: 'settling', x: 0, y: 0, width: 0, height: HEIGHT });
  const grid = svg('path', { class: 'grid', d: `M0 ${HEIGHT / 2}H${WIDTH}M0 0.5H${WIDTH}M0 ${HEIGHT}H${WIDTH}` });
  const paths = chart.lines.map(({ area }, index) => ({
    area: area ? svg('path', { class: `area line${index}` }) : null,
    line: svg('path', { class: `line line${index}` }),
  }));
  drawing.append(band, grid, ...paths.flatMap(({ area, line }) => (area ? [area, line] : [line])));
  const words = element('p', 'words', '–');
  const [top, middle, from, to] = ['top', 'middle', 'from', 'to'].map((place) => element('span', `axis ${place}`));
  const plot = element('div', 'plot');
  plot.append(drawing, top, middle, from, to);
  const legend = element('p', 'key soft');
  const paper = element('span', 'paper');
  if (chart.lines.length > 1) {
    chart.lines.forEach(({ name }, index) => {
      const key = element('span', 'series');
      key.append(element('span', `mark line${index}`), name);
      legend.append(key);
    });
  }
  legend.append(paper);
  figure.append(element('h3', '', chart.title), words, plot, legend);

  return {
    figure,
    draw(readings, ofPaper) {
      const last = readings.at(-1);
      paper.textContent = ofPaper ? `2019 paper: ${chart.paper(ofPaper)}` : '';
      words.textContent = last ? chart.words(last) : '–';
      const begin = readings[0]?.time ?? 0;
      const seconds = Math.max(10, (last?.time ?? 0) - begin);
      const values = readings.flatMap((reading) => chart.lines.map(({ of }) => of(reading) ?? 0));
      const most = Math.min(roundUp(1.05 * Math.max(0.1, ...values)), chart.limit ?? Number.POSITIVE_INFINITY);
      const x = ({ time }) => ((time - begin) / seconds) * WIDTH;
      const y = (value) => HEIGHT - (value / most) * HEIGHT;
      const settled = readings.find(({ settling }) => !settling);
      band.setAttribute('width', readings.length === 0 ? 0 : settled ? x(settled) : WIDTH);
      chart.lines.forEach(({ of }, index) => {
        const points = readings.filter((reading) => of(reading) !== null);
        const d = points.map((reading) => `${x(reading).toFixed(1)} ${y(of(reading)).toFixed(1)}`).join('L');
        paths[index].line.setAttribute('d', d && `M${d}`);
        const ends = points.length > 0 ? [x(points[0]), x(points.at(-1))] : [0, 0];
        paths[index].area?.setAttribute('d', d && `M${ends[0]} ${HEIGHT}L${d}L${ends[1]} ${HEIGHT}Z`);
      });
      top.textContent = readings.length > 0 ? `${most} ${chart.unit}`.trimEnd() : '';
      middle.textContent = readings.length > 0 ? `${most / 2}` : '';
      from.textContent = readings.length > 0 ? '0:00' : '';
      to.textContent = readings.length > 0 ? clock(seconds) : '';
      drawing.setAttribute('aria-label', `${chart.title}: ${words.textContent}, ${readings.length} readings`);
      drawing.dataset.readings = readings.length;
    },
  };
}

/** Makes the four charts in `place`; the function draws readings, and the paper's figures of the level. */
export function makeCharts(place) {
  const tiles = CHARTS.map(tile);
  place.append(...tiles.map(({ figure }) => figure));
  return (readings, ofPaper) => {
    for (const { draw } of tiles) draw(readings, ofPaper);
  };
}
