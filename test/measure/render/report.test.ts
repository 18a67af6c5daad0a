import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseHTML } from 'linkedom';
import { RawDataFault, readRawRun } from '../../../measure/analyse/raw-run';
import { analyse, type Summary } from '../../../measure/analyse/summary';
import { renderTerminal } from '../../../measure/render/terminal';
import { findRun, report } from '../../../measure/report';
import { type InventedRunOptions, writeInventedRun } from '../fixtures/invented-run';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const root = mkdtempSync(join(tmpdir(), 'report-'));
afterAll(() => rmSync(root, { recursive: true }));

let runs = 0;
function invent(options: InventedRunOptions = {}): string {
  const directory = join(root, `run${runs++}`);
  writeInventedRun(directory, options);
  return directory;
}

function summarise(directory: string): Summary {
  return analyse(readRawRun(directory)).summary;
}

function edit(file: string, change: (content: Record<string, unknown>) => void): void {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  change(content);
  writeFileSync(file, JSON.stringify(content));
}

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
    expect(document.querySelectorAll('figure svg').length).toBe(11);
  });

  test('says with every chart and every table of figures that guests were emulated', () => {
    const { document } = parseHTML(html);
    const titles = [...document.querySelectorAll('#resources h3, #qos h3, #resources caption, #qos caption')];
    expect(titles.length).toBeGreaterThan(15);
    for (const title of titles) expect(title.textContent).toContain('emulated (TCG)');
    expect(document.querySelector('.banner')?.textContent).toContain('Emulated (TCG)');
    expect(markdown).toContain('Emulated (TCG)');
  });

  test('names the application that is missing and why, and shows no figure for it', () => {
    const { document } = parseHTML(html);
    expect(document.querySelector('#qos .notice')?.textContent).toContain('no route to download.moodle.org');
    expect(document.querySelector('#qos svg')?.outerHTML).toContain('not installed');
  });

  test('holds no value that is not a number', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(markdown).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('says how it is rebuilt', () => {
    expect(markdown).toContain('npm run report -- invented');
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
  const bootstrap = resolve(__dirname, '../../../scripts/bootstrap.mjs');
  const output = execFileSync(process.execPath, [bootstrap, 'report', directory], { encoding: 'utf8' });
  for (const name of ['report.html', 'report.md', 'samples.csv', 'summary.json']) {
    expect(output).toContain(join(directory, name));
    expect(readFileSync(join(directory, name), 'utf8').length).toBeGreaterThan(100);
  }
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

describe('broken raw data', () => {
  test('is refused with the name of every file and field', () => {
    const directory = invent();
    edit(join(directory, 'plan.json'), (content) => {
      content.seed = 'x';
    });
    edit(join(directory, 'raw/resources/000-level0.json'), (content) => {
      content.cpus = -2;
    });
    writeFileSync(join(directory, 'raw/environment.json'), '{');
    expect(() => readRawRun(directory)).toThrow(RawDataFault);
    expect(() => readRawRun(directory)).toThrow(
      /plan\.json: seed: [\s\S]*environment\.json: [\s\S]*000-level0\.json: cpus: /,
    );
  });

  test('of a run that is not there is said to be so', () => {
    expect(() => readRawRun(join(root, 'nowhere'))).toThrow('there is no such run');
    expect(() => findRun(join(root, 'nowhere'), undefined)).toThrow('npm run measure');
  });
});
