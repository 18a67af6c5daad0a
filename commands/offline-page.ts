import { chromium, type Page } from 'playwright-core';
import { MissingError } from '../machine/missing-error';
import { CHROMIUM_REMEDY } from '../setup/system-packages';

/**
 * Lets `work` print on a page of Chromium's. What is on the page has no say in it: no script of it runs, nothing is
 * fetched. `executablePath`: Chromium's. Throws MissingError, which names the option that needs it, where there is none.
 */
export async function withOfflinePage<T>(
  executablePath: string | undefined,
  option: string,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  if (!executablePath)
    throw new MissingError(`${option}: there is no chromium on this machine; ${CHROMIUM_REMEDY}`);
  // Chromium refuses its sandbox to root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage'] });
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
    return await work(await context.newPage());
  } finally {
    await browser.close();
  }
}
