import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../../machine/exit-codes';
import { testUnless } from '../../skip';
import { inventedRuns } from '../fixtures/invented-runs';
import { noBrowser } from './browser';

jest.setTimeout(240_000);

const { invent } = inventedRuns();
const root = join(__dirname, '../../..');

/** `npm run report -- RUN --pdf`, with programs from `PATH`. */
function print(run: string, PATH: string): Promise<{ code: number | null; output: string }> {
  const args = ['--require', require.resolve('tsx/cjs'), 'commands/report.ts', run, '--pdf'];
  return new Promise((resolve) => {
    const program = execFile(
      process.execPath,
      args,
      { cwd: root, env: { ...process.env, PATH } },
      (_, out, err) => resolve({ code: program.exitCode, output: out + err }),
    );
  });
}

testUnless(noBrowser)(
  'npm run report -- --pdf prints A4 pages, all sections open, with an outline',
  async () => {
    const run = invent();
    const { code, output } = await print(run, process.env.PATH ?? '');
    expect({ code, output }).toMatchObject({ code: EXIT.done });
    expect(output).toContain('report.pdf');
    const pdf = readFileSync(join(run, 'report.pdf')).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(10);
    for (const [, width, height] of pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)) {
      expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual([595, 842]);
    }
    expect(pdf).toContain('/Outlines');
  },
);

test('npm run report -- --pdf says what is missing where there is no Chromium, and has written the report', async () => {
  const run = invent({ blocks: 1, sessions: 1 });
  const { code, output } = await print(run, run);
  expect({ code, output }).toMatchObject({ code: EXIT.missing });
  expect(output).toContain('there is no chromium on this machine; sudo apt-get install chromium');
  expect(existsSync(join(run, 'report.html'))).toBe(true);
  expect(existsSync(join(run, 'report.pdf'))).toBe(false);
});
