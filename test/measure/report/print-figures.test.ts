import { parseHTML } from 'linkedom';
import { printFigures } from '../../../commands/print-figures';
import { MissingError } from '../../../machine/missing-error';
import { chartsOf, renderSvg } from '../../../measure/report/document/svg';
import { readReportDocument } from '../../../measure/report/read-document';
import { findCommand } from '../../../setup/system-packages';
import { testUnless } from '../../skip';
import { inventedRuns } from '../fixtures/invented-runs';
import { noBrowser } from './browser';

jest.setTimeout(120_000);

const { invent } = inventedRuns();

testUnless(noBrowser)(
  'a chart becomes a page of a PDF, as large as the chart, with its text as text',
  async () => {
    const report = readReportDocument(invent());
    const charts = chartsOf(report);
    const figures = charts
      .slice(0, 3)
      .map((chart) => ({ name: chart.id, svg: renderSvg(chart), foot: report.label }));
    const printed = await printFigures(findCommand('chromium'), figures);
    expect(printed.map(({ name }) => name)).toEqual(figures.map(({ name }) => `${name}.pdf`));
    for (const [index, { content }] of printed.entries()) {
      const pdf = content.toString('latin1');
      expect(pdf).toMatch(/^%PDF-1\.\d/);
      expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
      expect(pdf).toContain('/Type /Font');
      const { document } = parseHTML(figures[index]?.svg ?? '');
      const [, , width = 0, height = 0] = (document.querySelector('svg')?.getAttribute('viewBox') ?? '')
        .split(/[ ,]+/)
        .map(Number);
      expect(width).toBeGreaterThan(100);
      const [, pageWidth, pageHeight] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf) ?? [];
      // 72 points and 96 pixels are an inch; Chromium rounds to its own units.
      expect(Number(pageWidth)).toBeCloseTo(width * 0.75, -0.5);
      // A line is below it, as guests were emulated.
      expect(report.label).not.toBeNull();
      expect(Number(pageHeight)).toBeCloseTo((height + 18) * 0.75, -0.5);
    }
    const [plain] = await printFigures(
      findCommand('chromium'),
      figures.slice(0, 1).map((figure) => ({ ...figure, foot: null })),
    );
    expect(plain?.content.length).toBeLessThan(printed[0]?.content.length ?? 0);
  },
);

test('without Chromium figures are refused with what to install', async () => {
  await expect(printFigures(undefined, [])).rejects.toThrow(MissingError);
  await expect(printFigures(undefined, [])).rejects.toThrow('sudo apt-get install chromium');
});
