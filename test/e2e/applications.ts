import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { loadLab, loadRole, loadTarget, repositoryRoot } from '../../config';
import { type ApplicationAddress, applicationAddress } from '../../config/application-address';
import { readDeployedLab } from '../../config/deployed-lab';
import type { Guest } from '../../config/lab';
import { readConnection } from '../../config/load-target';
import { ApiClient } from '../../proxmox/api-client';
import { GuestAgent } from '../../proxmox/guest-agent';
import { findCommand } from '../../setup/system-packages';
import { describeUnless } from '../skip';

/**
 * The applications in a browser of this machine, as people use them. A lab must be deployed for that, which takes minutes:
 *   npm run node -- up && npx cdktf deploy && npx jest --selectProjects e2e --testPathPatterns applications
 */
const MINUTES = 60_000;
jest.setTimeout(8 * MINUTES);

const lacking =
  (findCommand('chromium') ? undefined : 'chromium not installed') ??
  (readDeployedLab().identity && readConnection(process.env)?.forwards
    ? undefined
    : 'no lab is deployed from this clone on a local node that forwards');

describeUnless(lacking)('the applications of a deployed lab, opened on this machine', () => {
  const lab = loadLab();
  let client: ApiClient;
  let browser: Browser;

  beforeAll(async () => {
    client = new ApiClient(loadTarget(lab));
    browser = await chromium.launch({
      executablePath: findCommand('chromium') ?? '',
      args: ['--no-sandbox'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await client?.close();
  });

  function guestOf(role: string): {
    guest: Guest;
    address: ApplicationAddress;
    home: string;
    paths: readonly string[];
  } {
    const guest = lab.guests.find((candidate) => candidate.role === role);
    if (!guest) throw new Error(`the deployed lab has no ${role}`);
    const address = applicationAddress(lab, guest, loadRole(guest));
    return { guest, address, home: `http://${address.onThisMachine}`, paths: loadRole(guest).pages };
  }

  /** A page as a client of the lab gets it, without what is of one request alone. */
  async function asMeasured({ guest }: { guest: Guest }, path: string, host: string): Promise<string> {
    const agent = new GuestAgent(client, guest);
    const { stdout } = await agent.exec(
      ['curl', '--silent', '--header', `Host: ${host}`, `http://127.0.0.1${path}`],
      { timeoutSeconds: 120 },
    );
    return stdout
      .replaceAll(/"wgRequestId":"[^"]+"|"wgBackendResponseTime":\d+/g, '')
      .replaceAll(/<!--.*?-->|"?(cputime|walltime|timestamp|timingprofile)"?:[^,}]+/gs, '');
  }

  function loginOf(name: string): { user: string; password: string; page: string } {
    const text = execFileSync('npm', ['run', '-s', 'credentials', '--', name, '--json'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
    });
    return JSON.parse(text);
  }

  /** A page whose requests all go to one host; those to others are counted. */
  async function open(host: string): Promise<{ page: Page; strangers: Set<string>; broken: Set<string> }> {
    const page = await browser.newPage();
    page.setDefaultTimeout(3 * MINUTES);
    const [strangers, broken] = [new Set<string>(), new Set<string>()];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.host !== host) strangers.add(request.url());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) broken.add(`${response.status()} ${response.url()}`);
    });
    return { page, strangers, broken };
  }

  async function picture(page: Page, name: string): Promise<void> {
    const directory = join(repositoryRoot, '.lab', 'screenshots');
    mkdirSync(directory, { recursive: true });
    await page.screenshot({ path: join(directory, `${name}.png`) });
  }

  test.each(['wordpress', 'mediawiki'])(
    'the pages of %s that are measured are the same bytes before and after, and name no other host',
    async (role) => {
      const site = guestOf(role);
      const { inLab, onThisMachine } = site.address;
      for (const path of site.paths.slice(0, 2)) {
        const before = await asMeasured(site, path, inLab);
        const forwarded = await asMeasured(site, path, onThisMachine);
        const strange = await asMeasured(site, path, 'evil.example');
        expect(await asMeasured(site, path, inLab)).toBe(before);
        expect(before.length).toBeGreaterThan(1000);
        expect(before).not.toContain('127.0.0.1');
        expect(strange).not.toContain('evil.example');
        expect(forwarded).not.toContain(`//${inLab}`);
      }
    },
  );

  test('in WordPress a person logs in, writes a post and sees it, under either address', async () => {
    const site = guestOf('wordpress');
    const { page, strangers, broken } = await open(site.address.onThisMachine);
    const login = loginOf(site.guest.name);
    await page.goto(login.page);
    await page.fill('#user_login', login.user);
    await page.fill('#user_pass', login.password);
    await page.click('#wp-submit');
    await page.waitForURL(/wp-admin/);
    await picture(page, 'wordpress-dashboard');
    const title = `A post of ${new Date().toISOString()}`;
    await page.goto(`${site.home}/wp-admin/post-new.php`);
    const text = `See ${site.home}/bridges/ and on.`;
    await page.waitForSelector('.editor-visual-editor, .edit-post-visual-editor');
    // As its own buttons do; those move from release to release.
    const link = await page.evaluate<string>(`(async () => {
      const { data, blocks } = window.wp;
      const content = ${JSON.stringify(`${text} <a href="${site.home}/bridges/">Bridges</a>`)};
      data.dispatch('core/editor').editPost({ title: ${JSON.stringify(title)}, status: 'publish' });
      data.dispatch('core/block-editor').insertBlocks(blocks.createBlock('core/paragraph', { content }));
      await data.dispatch('core/editor').savePost();
      return data.select('core/editor').getPermalink();
    })()`);
    await picture(page, 'wordpress-editor');
    expect(link).toContain(`${site.home}/`);
    await page.goto(link);
    expect(await page.textContent('h1')).toBe(title);
    await picture(page, 'wordpress-post');
    await page.click('a:text-is("Bridges") >> nth=-1');
    await page.waitForURL(`${site.home}/bridges/`);
    expect([...strangers].filter((url) => !/gravatar\.com|s\.w\.org/.test(url))).toEqual([]);
    expect([...broken]).toEqual([]);
    const measured = await asMeasured(site, new URL(link).pathname, site.address.inLab);
    expect(measured).toContain(title);
    // What is no link stays what was written.
    expect(measured).toContain(text);
    expect(measured).not.toContain(`"${site.home}`);
    await page.close();
  });

  test('in MediaWiki a person logs in, edits a page and sees it, with its picture', async () => {
    const site = guestOf('mediawiki');
    const { page, strangers, broken } = await open(site.address.onThisMachine);
    const login = loginOf(site.guest.name);
    await page.goto(login.page);
    await page.fill('#wpName1', login.user);
    await page.fill('#wpPassword1', login.password);
    await page.click('#wpLoginAttempt');
    await page.waitForURL((url) => !url.href.includes('UserLogin'));
    await page.goto(`${site.home}/index.php?title=Bridges&action=edit`);
    const line = `A line of ${new Date().toISOString()}.`;
    const before = await page.inputValue('#wpTextbox1');
    await page.fill('#wpTextbox1', `${before}\n\n${line}`);
    await page.click('#wpSave');
    await page.waitForSelector('#mw-content-text');
    await page.waitForURL(/index\.php\/Bridges/);
    expect(await page.textContent('#mw-content-text')).toContain(line);
    const image = page.locator('#mw-content-text img').first();
    expect(
      await image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth),
    ).toBeGreaterThan(100);
    await picture(page, 'mediawiki-page');
    expect([...strangers]).toEqual([]);
    expect([...broken]).toEqual([]);
    const measured = await asMeasured(site, '/index.php/Bridges', site.address.inLab);
    expect(measured).toContain(line);
    expect(measured).not.toContain('127.0.0.1');
    await page.close();
  });
});
