/** Takes the README's picture, the first page of an invented run: `npx tsx test/measure/report/take-picture.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { report } from '../../../measure/report/write-report';
import { findCommand } from '../../../setup/system-packages';
import { writeInventedRun } from '../fixtures/invented-run';

async function takePicture(path: string): Promise<void> {
  const run = mkdtempSync(join(tmpdir(), 'picture-'));
  const browser = await chromium.launch({
    executablePath: findCommand('chromium') ?? '',
    args: ['--no-sandbox'],
  });
  try {
    writeInventedRun(run);
    const { html } = await report(run);
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' });
    await page.goto(pathToFileURL(html).href);
    await page.evaluate('for (const each of document.querySelectorAll("main > :not(#first)")) each.remove()');
    await page.screenshot({ path, fullPage: true });
  } finally {
    await browser.close();
    rmSync(run, { recursive: true });
  }
}

void takePicture(join(__dirname, '../../../docs/images/report.png'));
