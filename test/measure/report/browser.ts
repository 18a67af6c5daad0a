import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findCommand } from '../../../setup/system-packages';

/** Why reports cannot be opened here; undefined = they can. */
export const noBrowser = findCommand('chromium') ? undefined : 'chromium not installed';

/** A Chromium for all tests of a file. Pages run no script of their own unless asked, as a report needs none. */
export function browserOfTests() {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findCommand('chromium') ?? '',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  });
  afterAll(() => browser?.close());
  return {
    open: async (url: string, options: BrowserContextOptions = {}): Promise<Page> => {
      const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
  };
}
