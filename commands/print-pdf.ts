import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { MissingError } from '../machine/missing-error';
import { writeWholeFile } from '../machine/whole-file';
import { CHROMIUM_REMEDY } from '../setup/system-packages';

/**
 * A page of this machine on A4 paper, numbered at its foot. The page has no say in it: no script of it runs, nothing is
 * fetched. `executablePath`: Chromium's. Throws MissingError where there is no Chromium.
 */
export async function printPdf(
  executablePath: string | undefined,
  html: string,
  pdf: string,
  foot: string,
): Promise<void> {
  if (!executablePath)
    throw new MissingError(`--pdf: there is no chromium on this machine; ${CHROMIUM_REMEDY}`);
  // Chromium refuses its sandbox to root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage'] });
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
    const page = await context.newPage();
    await page.goto(pathToFileURL(html).href);
    const small = 'font: 7pt sans-serif; color: #555; width: 100%; margin: 0 14mm; display: flex; gap: 1em';
    const bytes = await page.pdf({
      preferCSSPageSize: true,
      printBackground: true,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate: `<div style="${small}"><span style="flex: 1">${escaped(foot)}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>`,
      tagged: true,
      outline: true,
    });
    await writeWholeFile(pdf, bytes);
  } finally {
    await browser.close();
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
