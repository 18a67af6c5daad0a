import { pathToFileURL } from 'node:url';
import { writeWholeFile } from '../machine/whole-file';
import { escapeHtml } from '../measure/report/document/escape-html';
import { withOfflinePage } from './offline-page';

/** A page of this machine on A4 paper, numbered at its foot. Throws MissingError where there is no Chromium. */
export async function printPdf(
  executablePath: string | undefined,
  html: string,
  pdf: string,
  foot: string,
): Promise<void> {
  await withOfflinePage(executablePath, '--pdf', async (page) => {
    await page.goto(pathToFileURL(html).href);
    const small = 'font: 7pt sans-serif; color: #555; width: 100%; margin: 0 14mm; display: flex; gap: 1em';
    const bytes = await page.pdf({
      preferCSSPageSize: true,
      printBackground: true,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate: `<div style="${small}"><span style="flex: 1">${escapeHtml(foot)}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>`,
      tagged: true,
      outline: true,
    });
    await writeWholeFile(pdf, bytes);
  });
}
