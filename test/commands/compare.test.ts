import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../machine/exit-codes';
import { inventedRuns } from '../measure/fixtures/invented-runs';

const { root, invent } = inventedRuns();
const before = invent({ blocks: 5, sessions: 5 });
const after = invent({ blocks: 5, sessions: 5, loseEvery: 40 });
const kvm = invent({ blocks: 5, sessions: 5, acceleration: 'kvm' });

/** The command, started as the package's scripts start it. */
function compare(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const command = ['--require', require.resolve('tsx/cjs'), 'commands/compare.ts', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: join(__dirname, '../..') }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test.each([
  ['at most 5 %', 'atMost: 5 %', EXIT.done],
  ['at most 1 %', 'atMost: 1 %', EXIT.exceeded],
  ['growing, from nothing', 'growsAtMost: 5 %', EXIT.incomplete],
  ['of another unit', 'atMost: 5 s', EXIT.badInput],
])('a budget of loss %s ends compare with its own code', async (_, limit, code) => {
  const file = join(root, `${code}.yaml`);
  writeFileSync(file, `limits: [{ figure: wordpress/lossPercent, ${limit} }]\n`);
  const answer = await compare(before, after, '--budget', file, '--metric', 'loss', '--json');
  expect(answer.code).toBe(code);
  // A program reads all of what is printed.
  if (code !== EXIT.badInput) expect(JSON.parse(answer.stdout)).toMatchObject({ budget: [{ unit: '%' }] });
});

test('runs of different things are incomplete, and the page is written all the same', async () => {
  const file = join(root, 'compared.html');
  const { code, stderr } = await compare(before, kvm, after, '--html', file, '--json');
  expect(code).toBe(EXIT.incomplete);
  expect(stderr).toContain(file);
  expect(readFileSync(file, 'utf8')).toContain('Not comparable: acceleration is tcg in A and kvm in B');
});
