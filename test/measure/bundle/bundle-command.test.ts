import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inventedRuns } from '../fixtures/invented-runs';
import { zipOf } from './zips';

jest.setTimeout(180_000);

const clone = join(__dirname, '../../..');
const { invent, root } = inventedRuns();

/** A command of the lab in a directory that knows no results. */
const run = (script: string, ...args: readonly string[]) => runIn(elsewhere, script, ...args);

function runIn(cwd: string, script: string, ...args: readonly string[]) {
  const tsx = join(clone, 'node_modules/tsx/dist/loader.mjs');
  const argv = ['--import', tsx, join(clone, 'commands', `${script}.ts`), ...args];
  // npm calls a script in the clone, and says where it was called itself.
  const env = { ...process.env, NO_COLOR: '1', INIT_CWD: elsewhere, LAB_NODE_STATE: join(root, 'node') };
  const ended = spawnSync(process.execPath, argv, { cwd, env, encoding: 'utf8' });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

const elsewhere = mkdtempSync(join(root, 'elsewhere-'));
const original = invent();
const bundle = join(elsewhere, 'run.zip');

test('a run is bundled, checked and drawn again, and unpacked as a run, where its results are not', () => {
  const written = run(
    'bundle',
    original,
    '--output',
    'run.zip',
    '--license',
    'CC-BY-4.0',
    '--author',
    'Ada Lovelace',
  );
  expect(written).toMatchObject({ code: 0, err: '' });
  expect(written.out).toMatch(
    /^run\.zip: \d+ files, [\d.]+ MiB packed to [\d.]+ MiB\nSHA-256 [0-9a-f]{64}\n/,
  );
  const checked = run('report', 'run.zip', '--to', 'theirs');
  expect(checked).toMatchObject({ code: 0, err: '' });
  expect(checked.out).toMatch(/run\.zip: \d+.files \([\d.]+ MiB\), all with the SHA-256 that is listed/);
  expect(checked.out).toMatch(/report\.html +same bytes/);
  expect(checked.out).toContain('All figures: emulated (TCG)');
  const again = run('report', 'theirs');
  expect(again).toMatchObject({ code: 0, err: '' });
  expect(existsSync(join(elsewhere, 'theirs/report.html'))).toBe(true);
});

test('a bundle that was changed ends with code 1, and one of another version with code 3', async () => {
  const theirs = join(elsewhere, 'theirs');
  const other = await zipOf(join(elsewhere, 'other.zip'), theirs, { 'report.html': 'of another version' });
  const differs = run('report', other);
  expect(differs.code).toBe(3);
  expect(differs.out).toMatch(/report\.html +differs/);
  writeFileSync(other, readFileSync(bundle).fill(0, 2000, 2100));
  const broken = run('report', other);
  expect(broken.code).toBe(1);
  expect(broken.out).toMatch(/^other\.zip is not as it was written: \d+.faults?\.\n {2}\S/);
});

test('what cannot be is refused with code 2', () => {
  mkdirSync(join(elsewhere, 'full'));
  writeFileSync(join(elsewhere, 'full/file'), '');
  writeFileSync(join(elsewhere, 'none.zip'), 'none');
  expect(run('report', 'run.zip', '--to', 'full')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is not empty'),
  });
  expect(run('report', 'none.zip').code).toBe(2);
  expect(runIn(clone, 'report', 'none.zip').code).toBe(2);
  expect(run('report', original, '--to', 'x').code).toBe(2);
  expect(run('bundle', original, '--license', 'mine').code).toBe(2);
});
