import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseHTML } from 'linkedom';
import { renderTerminal } from '../../../measure/report/terminal/terminal';
import { report } from '../../../measure/report/write-report';
import { edit, inventedRuns } from '../fixtures/invented-runs';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const { invent, summarise } = inventedRuns();

const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('the report', () => {
  let html: string;
  let markdown: string;
  let directory: string;
  beforeAll(async () => {
    directory = invent();
    const files = await report(directory);
    html = readFileSync(files.html, 'utf8');
    markdown = readFileSync(files.markdown, 'utf8');
  });

  test('has the same bytes when it is made again from the same raw data', async () => {
    const files = ['report.html', 'report.md', 'samples.csv', 'summary.json'].map((name) =>
      join(directory, name),
    );
    const before = files.map(hash);
    await report(directory);
    expect(files.map(hash)).toEqual(before);
  });

  test('needs no other file and no script', () => {
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('script, link, img, iframe')).toHaveLength(0);
    expect(html).not.toMatch(/url\(|@import/);
    expect(document.querySelectorAll('figure svg').length).toBe(22);
  });

  test('says with every chart and every table of figures that guests were emulated', () => {
    const { document } = parseHTML(html);
    const titles = [...document.querySelectorAll('#resources h3, #qos h3, #resources caption, #qos caption')];
    expect(titles.length).toBeGreaterThan(15);
    for (const title of titles) expect(title.textContent).toContain('emulated (TCG)');
    expect(document.querySelector('header .badge')?.textContent).toBe('emulated (TCG)');
    expect(document.querySelector('#warnings li')?.textContent).toContain('Emulated (TCG)');
    for (const title of document.querySelectorAll('#first h3')) {
      expect(title.textContent).toContain('emulated (TCG)');
    }
    expect(markdown).toContain('Emulated (TCG)');
  });

  test('names the application that is missing and why, and shows no figure for it', () => {
    const { document } = parseHTML(html);
    expect(document.querySelector('#qos .notice')?.textContent).toContain('no route to download.moodle.org');
    expect(document.querySelector('#qos svg')?.outerHTML).toContain('not installed');
  });

  test('draws a distribution function per session of pages, and one per direction of delays', () => {
    const { document } = parseHTML(html);
    const lines = (title: string): number =>
      [...document.querySelectorAll('#qos figure')]
        .find((figure) => figure.querySelector('h3')?.textContent?.startsWith(title))
        ?.querySelectorAll('g[aria-label="line"] path').length ?? 0;
    expect(lines('Page load times, distribution function')).toBe(6);
    expect(lines('One-way delay, distribution function')).toBe(12);
    expect(lines('Round trip')).toBe(6);
  });

  test('marks in time which visit had not settled, and shades the settling of all', () => {
    const { document } = parseHTML(html);
    const figure = [...document.querySelectorAll('#resources figure')].find((one) =>
      one.querySelector('h3')?.textContent?.startsWith('CPU of the node over time'),
    );
    const names = [...(figure?.querySelectorAll('g[aria-label="text"] text') ?? [])];
    expect(names.map(({ textContent }) => textContent).slice(0, 4)).toEqual(['0', '3', '1T', '2']);
    expect(figure?.querySelectorAll('g[aria-label="rect"]')).toHaveLength(2);
  });

  test('shows the spread of visits only where there are several', async () => {
    expect(html).toContain('every visit less its level’s median');
    const files = await report(invent({ blocks: 1, sessions: 1 }));
    expect(readFileSync(files.html, 'utf8')).not.toContain('every visit less its level’s median');
  });

  test('holds no value that is not a number', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(markdown).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('shows of every capture its drops and offloads, those inside the guest too', () => {
    const { document } = parseHTML(html);
    const table = [...document.querySelectorAll('#qos table')].find((one) =>
      one.querySelector('caption')?.textContent?.startsWith('Captures'),
    );
    expect(table?.querySelectorAll('tbody tr')).toHaveLength(12);
    const row = table?.querySelector('tbody tr')?.textContent;
    expect(row).toContain('000-mediawiki/client.pcap');
    expect(row).toContain('tso, gso, gro off');
    expect(row).toContain('gso on; tso, gro off');
  });

  test('shows pressure, and says where the kernel has no KSM', () => {
    const { document } = parseHTML(html);
    const text = document.querySelector('#resources')?.textContent;
    expect(text).toContain('time in which some task waited (PSI)');
    expect(text).toContain('no KSM in this kernel');
  });

  test('gives the paper’s figures as they are printed there', () => {
    for (const printed of ['849.94', '28.47', '35.95', '110.660', '72.533', '8.0', '70,656']) {
      expect(markdown).toContain(printed);
    }
  });

  test('says of charts nothing where there are none', () => {
    expect(html).toContain('In the charts');
    expect(markdown).not.toContain('In the charts');
  });

  test('says how it is rebuilt', () => {
    expect(markdown).toContain('npm run report -- invented');
  });

  test('of one scenario alone tells the method of that one, and a figure of it to trace', async () => {
    const one = invent({ sessions: 1 });
    rmSync(join(one, 'raw/resources'), { recursive: true });
    edit(join(one, 'plan.json'), (plan) => {
      plan.scenarios = ['qos'];
    });
    const text = readFileSync((await report(one)).markdown, 'utf8');
    expect(text).toContain('- Scenario 2:');
    expect(text).not.toMatch(/- (Scenario 1|Others|Load|Steps between levels):/);
    expect(text.match(/npm run trace -- invented "[^"]+"/g)).toEqual([
      'npm run trace -- invented "wordpress/pageLoadSeconds"',
    ]);
  });

  test('says how links were shaped, where the delay was made, and what the links dropped', async () => {
    expect(markdown).toContain('The clients’ links are not shaped.');
    const link = {
      shape: { delayMs: 20, jitterMs: 5, lossPercent: 1 },
      delayMadeIn: 'guest',
      dropped: { toServer: 1, toClient: 2 },
    } as const;
    const files = await report(invent({ sessions: 1, link }));
    const text = readFileSync(files.markdown, 'utf8').replaceAll('\u00a0', ' ');
    expect(text).toContain('20 ± 5 ms each way, 1 % lost each way');
    expect(text).toContain('behind the capture at the guest’s tap');
    // Two sessions.
    expect(text).toContain('dropped 2 packets to the servers and 4 packets to the clients');
  });

  test('carries no label where guests were virtualised', async () => {
    const files = await report(invent({ acceleration: 'kvm' }));
    const { document } = parseHTML(readFileSync(files.html, 'utf8'));
    expect(document.querySelector('.banner')).toBeNull();
    expect(document.querySelector('#resources h3')?.textContent).toBe('Memory used against running guests');
  });

  test('takes what stands in the raw data for text, not for markup', async () => {
    const evil = invent();
    edit(join(evil, 'raw/environment.json'), (content) => {
      content.facts = { note: '<script>alert(1)</script> | **x**' };
    });
    const files = await report(evil);
    expect(readFileSync(files.html, 'utf8')).not.toContain('<script>');
    expect(readFileSync(files.markdown, 'utf8')).toContain(
      '\\<script\\>alert(1)\\</script\\> \\| \\*\\*x\\*\\*',
    );
  });

  test('of fewer than three repetitions gives n and no interval', () => {
    const text = renderTerminal(summarise(invent({ blocks: 1, sessions: 1 })), false);
    expect(text).toMatch(/n\s=\s1/);
    expect(text).not.toContain('[');
  });
});

test('npm run report writes all four files and names them', () => {
  const directory = invent({ blocks: 1, sessions: 1 });
  const bootstrap = resolve(__dirname, '../../../commands/bootstrap.mjs');
  const output = execFileSync(process.execPath, [bootstrap, 'report', directory], { encoding: 'utf8' });
  for (const name of ['report.html', 'report.md', 'samples.csv', 'summary.json']) {
    expect(output).toContain(join(directory, name));
    expect(readFileSync(join(directory, name), 'utf8').length).toBeGreaterThan(100);
  }
});

test('what was sampled while a level settled is in samples.csv under its own name only', async () => {
  const files = await report(invent({ blocks: 1, sessions: 1 }));
  const rows = readFileSync(files.samples, 'utf8').split('\n');
  expect(rows.filter((row) => row.includes(',memory used,'))).toHaveLength(80);
  expect(rows.filter((row) => row.includes(',"memory used, settling",'))).toHaveLength(8);
});

describe('figures', () => {
  test('are those that the raw data was made of', () => {
    const { resources, applications } = summarise(invent());
    const level = resources.levels[3];
    expect(level?.visits).toBe(3);
    expect((level?.memoryUsedBytes?.median ?? 0) / 2 ** 30).toBeCloseTo(2.26, 1);
    expect(resources.visits.find(({ visit }) => visit === 2)?.transient).toBe(true);
    const wordpress = applications.find(({ guest }) => guest === 'wordpress');
    expect(wordpress?.packetsFollowed).toBe(480);
    expect(wordpress?.lossPercent?.median).toBe(0);
    expect(wordpress?.oneWayDelayMs?.median).toBeGreaterThan(0.3);
    expect(wordpress?.oneWayDelayMs?.median).toBeLessThan(0.7);
  });

  test('of the guests are those of their processes, and the rest is that of others', () => {
    const { resources } = summarise(invent());
    const level = resources.levels[3];
    // Three processes at 6 ticks of 100 in a second, on 2 CPUs; 0.5 GiB each.
    expect(level?.guestsCpuPercent?.median).toBeCloseTo(9);
    expect(level?.guestsResidentBytes?.median).toBe(1.5 * 2 ** 30);
    for (const visit of resources.visits) {
      expect((visit.guestsCpuPercent ?? 0) + (visit.othersCpuPercent ?? 0)).toBeCloseTo(
        visit.cpuPercent ?? -1,
      );
      expect((visit.guestsResidentBytes ?? 0) + (visit.othersMemoryBytes ?? 0)).toBeCloseTo(
        visit.memoryUsedBytes ?? -1,
      );
      expect(visit.disturbed).toBe(false);
      expect(visit.settlingSamples).toBe(2);
    }
    expect(resources.levels[0]?.guestsCpuPercent?.median).toBe(0);
    expect(level?.pressurePercent.cpu?.median).toBeCloseTo(0.3);
  });

  test('of a visit during which other programs were busy are marked, and nothing is left out', async () => {
    const directory = invent();
    edit(join(directory, 'raw/resources/001-level3.json'), (content) => {
      for (const sample of content.samples as { cpuIdleTicks: number }[]) sample.cpuIdleTicks = 0;
    });
    const { resources } = summarise(directory);
    expect(resources.visits.filter(({ disturbed }) => disturbed).map(({ visit }) => visit)).toEqual([1]);
    expect(resources.levels[3]).toMatchObject({ visits: 3, disturbedVisits: 1 });
    expect(resources.levels[3]?.cpuPercent?.max).toBe(100);
    const files = await report(directory);
    const { document } = parseHTML(readFileSync(files.html, 'utf8'));
    expect(document.querySelector('#summary .notice')?.textContent).toContain(
      'in 1 of 12\u00a0visits (levels 3)',
    );
    expect(document.querySelector('#resources')?.textContent).toContain('3 (1 of 3 disturbed)');
    const dots = document.querySelector('#resources figure svg')?.outerHTML ?? '';
    expect(dots.match(/<circle fill="var\(--page\)"/g)).toHaveLength(1);
  });

  test('of a node that is busy all the time are all marked', () => {
    const directory = invent({ blocks: 1 });
    for (const name of ['000-level0', '001-level3', '002-level1', '003-level2']) {
      edit(join(directory, `raw/resources/${name}.json`), (content) => {
        for (const sample of content.samples as { cpuIdleTicks: number }[]) sample.cpuIdleTicks = 0;
      });
    }
    const { resources } = summarise(directory);
    expect(resources.visits.map(({ disturbed }) => disturbed)).toEqual([true, true, true, true]);
  });

  test('of transfers leave out the time in which the application answers', () => {
    const [session] = summarise(invent()).sessions;
    // 37,648 bytes within some 25 ms after half a second of waiting.
    expect(session?.transferBitsPerSecond).toBeGreaterThan(5e6);
  });

  test('of pages are counted by class, and those of the warm-up are apart', () => {
    const { applications } = summarise(invent());
    const wordpress = applications.find(({ guest }) => guest === 'wordpress');
    expect(wordpress?.pagesByClass).toEqual([12, 0, 0]);
    expect(wordpress?.pagesAsked).toBe(12);
    expect(wordpress?.slowestPageSeconds).toBeLessThan(2);
    expect(wordpress?.warmUpSlowestSeconds).toBe(7);
  });

  test('of loss count what was left out at the receiver', () => {
    const { applications } = summarise(invent({ loseEvery: 10 }));
    expect(applications.find(({ guest }) => guest === 'wordpress')).toMatchObject({
      packetsLost: 48,
      packetsFollowed: 480,
    });
  });

  test('of loss are unknown, not 0, where a capture dropped packets', () => {
    const { applications } = summarise(invent({ dropped: 2 }));
    const wordpress = applications.find(({ guest }) => guest === 'wordpress');
    expect(wordpress?.lossPercent).toBeNull();
    expect(wordpress?.lossUnknownBecause).toContain('dropped 2 packets');
    expect(wordpress?.verdicts.find(({ quantity }) => quantity === 'loss')?.verdict).toBe('unknown');
  });

  test('of loss are unknown where a capture is cut off, and the session says so', () => {
    const directory = invent({ sessions: 1 });
    truncateSync(join(directory, 'raw/qos/000-mediawiki/client.pcap'), 5000);
    const session = summarise(directory).sessions[0];
    expect(session?.notes.join()).toContain('cut off');
    expect(session?.directions.map(({ loss }) => loss?.percent)).toEqual([null, null]);
  });

  test('of a session whose capture is gone are missing, and the rest of the run is reported', () => {
    const directory = invent({ sessions: 1 });
    rmSync(join(directory, 'raw/qos/000-mediawiki/client.pcap'));
    const { applications } = summarise(directory);
    expect(applications.find(({ guest }) => guest === 'mediawiki')?.throughputBitsPerSecond).toBeNull();
    expect(applications.find(({ guest }) => guest === 'mediawiki')?.pageLoadSeconds).not.toBeNull();
    expect(applications.find(({ guest }) => guest === 'wordpress')?.throughputBitsPerSecond).not.toBeNull();
  });
});
