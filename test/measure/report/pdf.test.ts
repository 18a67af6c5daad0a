import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printPdf } from '../../../commands/print-pdf';
import { exitCodeOf } from '../../../commands/run-command';
import { EXIT } from '../../../machine/exit-codes';
import { testUnless } from '../../skip';
import { inventedRuns } from '../fixtures/invented-runs';
import { noBrowser } from './browser';

jest.setTimeout(240_000);

const { invent } = inventedRuns();
const root = join(__dirname, '../../..');

/** `npm run report -- RUN --pdf`. */
function print(run: string): Promise<{ code: number | null; output: string }> {
  const args = ['--require', require.resolve('tsx/cjs'), 'commands/report.ts', run, '--pdf'];
  return new Promise((resolve) => {
    const program = execFile(process.execPath, args, { cwd: root }, (_, out, err) =>
      resolve({ code: program.exitCode, output: out + err }),
    );
  });
}

testUnless(noBrowser)(
  'npm run report -- --pdf prints A4 pages, all sections open, with an outline',
  async () => {
    const run = invent();
    const { code, output } = await print(run);
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

test('printing says what is missing where there is no Chromium, with the exit code of that', async () => {
  const failure: unknown = await printPdf(undefined, 'report.html', 'report.pdf', '').catch((error) => error);
  expect(String(failure)).toContain('there is no chromium on this machine; sudo apt-get install chromium');
  expect(exitCodeOf(failure)).toBe(EXIT.missing);
});
