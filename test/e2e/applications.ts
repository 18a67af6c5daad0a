import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { loadLab, loadRole, loadTarget } from '../../config';
import { type ApplicationAddress, applicationAddress } from '../../config/application-address';
import type { Guest, Lab } from '../../config/lab';
import { ApiClient } from '../../proxmox/api-client';
import { GuestAgent } from '../../proxmox/guest-agent';
import { findCommand } from '../../setup/system-packages';
import type { LabCopy } from './lab-copy';

const MINUTES = 60_000;

interface Site {
  readonly guest: Guest;
  readonly address: ApplicationAddress;
  /** Without a slash at its end. */
  readonly home: string;
  readonly paths: readonly string[];
}

interface Visit {
  readonly page: Page;
  /** What was asked of other hosts, and what was answered with an error. */
  readonly strangers: Set<string>;
  readonly broken: Set<string>;
}

/** The applications of a lab that is deployed, in a browser of this machine, as people use them. */
export class Applications {
  private readonly lab: Lab;
  private readonly client: ApiClient;

  private constructor(
    private readonly copy: LabCopy,
    private readonly browser: Browser,
  ) {
    this.lab = loadLab(join(copy.directory, 'lab.yaml'), {});
    this.client = new ApiClient(loadTarget(this.lab, { LAB_NODE_STATE: copy.state }));
  }

  static async open(copy: LabCopy): Promise<Applications> {
    const executablePath = findCommand('chromium') ?? '';
    return new Applications(copy, await chromium.launch({ executablePath, args: ['--no-sandbox'] }));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.client.close();
  }

  /** Looks at a page that is measured, under both addresses and a foreign one. */
  async comparePage(role: string): Promise<void> {
    const site = this.site(role);
    const { inLab, onThisMachine } = site.address;
    const [path = '/'] = site.paths;
    const before = await this.asMeasured(site, path, inLab);
    const forwarded = await this.asMeasured(site, path, onThisMachine);
    const strange = await this.asMeasured(site, path, 'evil.example');
    expect(await this.asMeasured(site, path, inLab)).toBe(before);
    expect(before.length).toBeGreaterThan(1000);
    expect(before).not.toContain('127.0.0.1');
    expect(strange).not.toContain('evil.example');
    expect(forwarded).not.toContain(`//${inLab}`);
  }

  /** Logs in, writes a post with a link in it, reads it under either address and follows the link. */
  async writePost(): Promise<void> {
    const site = this.site('wordpress');
    const { page, strangers, broken } = await this.visit(site);
    const login = this.login(site);
    await page.goto(login.page);
    await page.fill('#user_login', login.user);
    await page.fill('#user_pass', login.password);
    await page.click('#wp-submit');
    await page.waitForURL(/wp-admin/);
    await this.picture(page, 'wordpress-dashboard');
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
    expect(link).toContain(`${site.home}/`);
    await page.goto(link);
    expect(await page.textContent('h1')).toBe(title);
    await this.picture(page, 'wordpress-post');
    await page.click('a:text-is("Bridges") >> nth=-1');
    await page.waitForURL(`${site.home}/bridges/`);
    expect([...strangers].filter((url) => !/gravatar\.com|s\.w\.org/.test(url))).toEqual([]);
    expect([...broken]).toEqual([]);
    const measured = await this.asMeasured(site, new URL(link).pathname, site.address.inLab);
    expect(measured).toContain(title);
    // What is no link stays what was written.
    expect(measured).toContain(text);
    expect(measured).not.toContain(`"${site.home}`);
    await page.close();
  }

  /** Logs in, adds a line to a page and reads it under either address, with its picture. */
  async editPage(): Promise<void> {
    const site = this.site('mediawiki');
    const { page, strangers, broken } = await this.visit(site);
    const login = this.login(site);
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
    await page.waitForURL(/index\.php\/Bridges/);
    expect(await page.textContent('#mw-content-text')).toContain(line);
    const image = page.locator('#mw-content-text img').first();
    const width = image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
    expect(await width).toBeGreaterThan(100);
    await this.picture(page, 'mediawiki-page');
    expect([...strangers]).toEqual([]);
    expect([...broken]).toEqual([]);
    const measured = await this.asMeasured(site, '/index.php/Bridges', site.address.inLab);
    expect(measured).toContain(line);
    expect(measured).not.toContain('127.0.0.1');
    await page.close();
  }

  /** Logs in and reads a course with its picture. */
  async readCourse(): Promise<void> {
    const site = this.site('moodle');
    const { page, strangers, broken } = await this.visit(site);
    const login = this.login(site);
    await page.goto(login.page);
    await page.fill('#username', login.user);
    await page.fill('#password', login.password);
    await page.click('#loginbtn');
    await page.waitForURL((url) => url.origin === site.home && !url.pathname.startsWith('/login'));
    await page.goto(`${site.home}${site.paths.at(-1)}`);
    const links = await page.evaluate<string[]>(
      `[...document.querySelectorAll('a[href], img[src], link[href], script[src]')].map((one) => one.href || one.src)`,
    );
    const abroad = links.filter((link) => link.startsWith('http') && !link.startsWith(`${site.home}/`));
    expect(links.length - abroad.length).toBeGreaterThan(20);
    // Its makers' own pages.
    expect(abroad.filter((link) => !/^https:\/\/(docs\.)?moodle\.(org|com)\//.test(link))).toEqual([]);
    expect(await page.evaluate('Math.max(...[...document.images].map((one) => one.naturalWidth))')).toBe(800);
    await this.picture(page, 'moodle-course');
    expect([...strangers]).toEqual([]);
    expect([...broken]).toEqual([]);
    await page.close();
  }

  private site(role: string): Site {
    const guest = this.lab.guests.find((candidate) => candidate.role === role);
    if (!guest) throw new Error(`the lab has no ${role}`);
    const address = applicationAddress(this.lab, guest, loadRole(guest));
    return { guest, address, home: `http://${address.onThisMachine}`, paths: loadRole(guest).pages };
  }

  private login({ guest }: Site): { user: string; password: string; page: string } {
    return JSON.parse(this.copy.quietly('run', '-s', 'credentials', '--', guest.name, '--json'));
  }

  /** A page as a client of the lab gets it, without what is of one request alone. */
  private async asMeasured({ guest }: Site, path: string, host: string): Promise<string> {
    const agent = new GuestAgent(this.client, guest);
    const { stdout } = await agent.exec(
      ['curl', '--silent', '--header', `Host: ${host}`, `http://127.0.0.1${path}`],
      { timeoutSeconds: 120 },
    );
    return stdout
      .replaceAll(/"wgRequestId":"[^"]+"|"wgBackendResponseTime":\d+/g, '')
      .replaceAll(/<!--.*?-->|"?(cputime|walltime|timestamp|timingprofile)"?:[^,}]+/gs, '');
  }

  private async visit({ home, address: { onThisMachine } }: Site): Promise<Visit> {
    // The node looks every few seconds which guests run.
    while (!(await fetch(home, { redirect: 'manual' }).catch(() => undefined))) await sleep(500);
    const page = await this.browser.newPage();
    page.setDefaultTimeout(3 * MINUTES);
    const [strangers, broken] = [new Set<string>(), new Set<string>()];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.host !== onThisMachine) strangers.add(request.url());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) broken.add(`${response.status()} ${response.url()}`);
    });
    return { page, strangers, broken };
  }

  private async picture(page: Page, name: string): Promise<void> {
    const directory = join(this.copy.directory, '.lab', 'screenshots');
    mkdirSync(directory, { recursive: true });
    await page.screenshot({ path: join(directory, `${name}.png`) });
  }
}
