import { pathToFileURL } from 'node:url';
import { report } from '../../../measure/report/write-report';
import { describeUnless } from '../../skip';
import { inventedRuns } from '../fixtures/invented-runs';
import { browserOfTests, noBrowser } from './browser';

jest.setTimeout(120_000);

const { invent } = inventedRuns();

describeUnless(noBrowser)('sections of the report, in a browser that runs no script', () => {
  const { open } = browserOfTests();
  const javaScriptEnabled = false;
  let url: string;
  beforeAll(async () => {
    url = pathToFileURL((await report(invent())).html).href;
  });

  test('are folded, each with a word on what it holds', async () => {
    const page = await open(url, { javaScriptEnabled });
    expect(await page.locator('#first').isVisible()).toBe(true);
    expect(await page.locator('details.section').count()).toBeGreaterThan(8);
    expect(await page.locator('details.section[open]').count()).toBe(0);
    expect(await page.locator('#resources table').first().isVisible()).toBe(false);
    expect(await page.locator('summary', { hasText: 'Scenario 1' }).textContent()).toMatch(
      /\d+ charts, \d+ tables/,
    );
  });

  test('open where the address names one, and by a link of a warning', async () => {
    const page = await open(`${url}#progress`, { javaScriptEnabled });
    await page.locator('#progress').waitFor({ state: 'visible' });
    expect(await page.locator('details.section[open]').count()).toBe(1);
    await page.locator('#warnings a[href="#resources"]').first().click();
    await page.locator('#resources table').first().waitFor({ state: 'visible' });
  });

  test('open by keyboard, one by one and all at once', async () => {
    const page = await open(url, { javaScriptEnabled });
    await page.locator('summary', { hasText: 'Raw data' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#data').waitFor({ state: 'visible' });
    await page.locator('#open-all').focus();
    await page.keyboard.press('Space');
    for (const id of ['summary', 'resources', 'qos', 'paper', 'method', 'environment']) {
      await page.locator(`#${id}`).waitFor({ state: 'visible' });
    }
  });

  test('are open on paper', async () => {
    const page = await open(url, { javaScriptEnabled });
    await page.emulateMedia({ media: 'print' });
    for (const id of ['summary', 'resources', 'data']) {
      await page.locator(`#${id}`).waitFor({ state: 'visible' });
    }
    expect(await page.locator('#open-all').isVisible()).toBe(false);
  });

  test('have figures that open what they are made of, by mouse and by keyboard', async () => {
    const page = await open(`${url}#summary`, { javaScriptEnabled });
    const opened = page.locator('.why:popover-open');
    await page.locator('#summary td button').first().click();
    expect(await opened.textContent()).toMatch(
      /level 0: memory used.*samples\[\].*raw\/resources\/000-level0\.json/s,
    );
    await page.keyboard.press('Escape');
    expect(await opened.count()).toBe(0);
    await page.locator('#first figure button.ask').first().focus();
    await page.keyboard.press('Enter');
    expect(await opened.textContent()).toContain('level 3/memoryUsedBytes');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await opened.count()).toBe(2);
  });
});
