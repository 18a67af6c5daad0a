import type { Page } from 'playwright-core';
import { describeUnless } from '../../../skip';
import { PASSWORD } from '../../test-node';
import { lacking, makeGuest, type PageLab, startPageLab } from './page-browser';

jest.setTimeout(120_000);

describeUnless(lacking)('logging in to the page', () => {
  let lab: PageLab;

  beforeAll(async () => {
    lab = await startPageLab();
    await makeGuest(lab.node, 301, 'wordpress');
  });
  afterAll(() => lab.close());

  const form = (page: Page) => page.getByRole('button', { name: 'Log in' });
  const summary = (page: Page) => page.getByRole('heading', { name: 'pve' });

  test('a wrong password is told, and the right one shows the summary', async () => {
    const page = await lab.open();
    await form(page).waitFor();
    expect(await page.title()).toBe('Log in – local node');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('User or password is wrong.').waitFor();
    expect(await page.getByLabel('Password').evaluate((field) => field.matches(':focus'))).toBe(true);
    // The browser itself notes the refused call.
    expect(lab.complaints.splice(0)).toEqual([expect.stringContaining('401')]);
    await page.getByLabel('Password').fill(PASSWORD);
    await form(page).click();
    await summary(page).waitFor();
    expect(await page.getByText('root@pam').isVisible()).toBe(true);
    expect(lab.complaints).toEqual([]);
  });

  test('a link logs in once, and leaves neither the address nor a cookie behind', async () => {
    const link = lab.link();
    const page = await lab.open(link);
    await summary(page).waitFor();
    expect(page.url()).toBe(`${lab.server.endpoint}/`);
    expect(await page.context().cookies()).toEqual([]);
    const again = await lab.open(link);
    await again.getByText('This link does not log in: this link was used already, or is too old').waitFor();
    await form(again).waitFor();
    expect(lab.complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  test('what has logged in is for one origin: not in the text, and not for another port of this host', async () => {
    const page = await lab.logIn();
    await page.getByRole('link', { name: 'Guests' }).click();
    await page.getByRole('link', { name: 'wordpress' }).waitFor();
    const { ticket, csrfToken } = JSON.parse(
      await page.evaluate<string>("sessionStorage.getItem('login')"),
    ) as Record<string, string>;
    const text = await page.content();
    for (const secret of [ticket, csrfToken]) {
      expect(secret).toMatch(/:/);
      expect(text).not.toContain(secret);
    }
    expect(await page.evaluate('[document.cookie, localStorage.length]')).toEqual(['', 0]);
    expect(lab.complaints).toEqual([]);
  });

  test('a cookie that an application of another port has set does not log anybody out', async () => {
    const page = await lab.logIn();
    const cookie = { name: 'PVEAuthCookie', value: 'of-an-application', domain: '127.0.0.1', path: '/' };
    await page.context().addCookies([cookie]);
    await page.getByRole('link', { name: 'Storage' }).click();
    await page.getByRole('cell', { name: 'local', exact: true }).waitFor();
    expect(lab.complaints).toEqual([]);
  });

  test('logging out forgets the login, and the way back leads to the form', async () => {
    const page = await lab.logIn();
    await page.getByRole('link', { name: 'Tasks' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await form(page).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await page.goBack();
    await form(page).waitFor();
    expect(await page.getByRole('banner').isVisible()).toBe(false);
  });

  test('another tab is logged in by the first, and logging out is for both', async () => {
    const page = await lab.logIn();
    const other = await page.context().newPage();
    await other.goto(`${lab.server.endpoint}/#/storage`);
    await other.getByRole('heading', { name: 'Storage' }).waitFor();
    await other.getByRole('button', { name: 'Log out' }).click();
    await form(other).waitFor();
    await form(page).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    const stranger = await lab.open('/#/storage');
    await form(stranger).waitFor();
    expect(lab.complaints).toEqual([]);
  });

  test('a login that the node knows no longer ends at the form, and says so', async () => {
    const page = await lab.logIn();
    await page.evaluate(
      "sessionStorage.setItem('login', JSON.stringify({ username: 'root@pam', ticket: 'PVE:root@pam:0::x', csrfToken: 'x', since: Date.now() }))",
    );
    await page.getByText('Your login has ended. Please log in again.').waitFor();
    expect(await form(page).isVisible()).toBe(true);
    lab.complaints.splice(0);
  });
});
