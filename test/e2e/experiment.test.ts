import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The whole experiment as a newcomer runs it, in a copy of this project of its own: real guests, real applications, real
 * packets. One long run; the tests then look at what it left.
 */
const ROOT = join(__dirname, '../..');
const HOUR = 3_600_000;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

let copy: string;
let run: Ended;

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'lab-e2e-'));
  // Tracked and new files alike, so that the test also holds before a commit.
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
  });
  execFileSync('tar', ['--create', '--null', '--files-from=-', '--file=files.tar', `--directory=${ROOT}`], {
    cwd: copy,
    input: Buffer.from(
      files
        .toString()
        .split('\0')
        .filter((file) => existsSync(join(ROOT, file)))
        .join('\0'),
    ),
  });
  execFileSync('tar', ['--extract', '--file=files.tar'], { cwd: copy });
  for (const directory of ['node_modules', '.gen']) symlinkSync(join(ROOT, directory), join(copy, directory));
  run = await npm(['start', '--', '--run', 'e2e']);
}, HOUR);

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

/** Runs npm in the copy, on ports of its own, and passes its output on so that a person can follow. */
function npm(args: readonly string[]): Promise<Ended> {
  const child = spawn('npm', args, {
    cwd: copy,
    env: { ...process.env, LAB_NODE_PORT: '18006', LAB_NODE_SSH_PORT: '18022', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      process.stderr.write(chunk);
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

function result(...path: string[]): string {
  return readFileSync(join(copy, 'results/e2e', ...path), 'utf8');
}

test('npm start ends with exit code 0 and says where the report is', () => {
  expect(run.output).toContain('results/e2e/report.html');
  expect(run.code).toBe(0);
});

test('nothing of the lab is left: no guest, file, bridge, process, tap or namespace', () => {
  expect(run.output).toContain('Nothing of the lab is on the node.');
  expect(run.output).toContain('No process, tap or namespace of the local node is left.');
  expect(existsSync(join(copy, '.lab/node/connection.json'))).toBe(false);
});

test('every guest was measured at every level, and every installed application was browsed', () => {
  expect(readdirSync(join(copy, 'results/e2e/raw/resources')).length).toBeGreaterThanOrEqual(4);
  const sessions = readdirSync(join(copy, 'results/e2e/raw/qos'));
  for (const application of ['wordpress', 'mediawiki']) {
    expect(sessions.filter((session) => session.endsWith(application)).length).toBeGreaterThanOrEqual(1);
  }
});

test('the report says that the guests were emulated, and shows figures of all applications', () => {
  const html = result('report.html');
  for (const word of ['WordPress', 'Moodle', 'MediaWiki']) expect(html).toContain(word);
  if (!/\b(vmx|svm)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) expect(html).toContain('emulated (TCG)');
});

test(
  'the report made again from the raw data is the same, byte for byte',
  async () => {
    const files = ['summary.json', 'samples.csv', 'report.md', 'report.html'];
    const before = files.map((file) => result(file));
    expect((await npm(['run', 'report', '--', 'e2e'])).code).toBe(0);
    expect(files.map((file) => result(file))).toEqual(before);
  },
  HOUR,
);
