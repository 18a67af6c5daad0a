import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { RunWatch } from '../../../measure/watch/run-watch';
import { WatchServer } from '../../../measure/watch/watch-server';
import type { GrowingRun } from '../fixtures/growing-run';

const TOKEN = 'a-token-of-the-test-a-token-of-the-test';

/** A run that is served, and its page in a browser. The test says when the watcher looks. */
export class Watched {
  private watch: RunWatch;
  /** What no page may have: errors of scripts, and breaches of the policy. */
  readonly complaints: string[] = [];

  private constructor(
    readonly run: GrowingRun,
    private server: WatchServer,
    watch: RunWatch,
    readonly page: Page,
  ) {
    this.watch = watch;
  }

  static async open(
    browser: Browser,
    run: GrowingRun,
    options: BrowserContextOptions = {},
  ): Promise<Watched> {
    const watch = new RunWatch(run.directory);
    watch.look();
    const server = await WatchServer.listen(watch, TOKEN, 0);
    const page = await browser.newPage(options);
    const watched = new Watched(run, server, watch, page);
    page.on('pageerror', (error) => watched.complaints.push(String(error)));
    page.on('console', (message) => {
      // A connection that is lost is told of as an error, too.
      if (message.type() === 'error' && !/ERR_|status of/.test(message.text())) {
        watched.complaints.push(message.text());
      }
    });
    await page.addInitScript(
      'addEventListener("securitypolicyviolation", (event) => console.error(event.violatedDirective))',
    );
    await page.goto(server.url);
    return watched;
  }

  look(): void {
    this.server.tell(this.watch.look());
  }

  /** Ends the watcher, as Ctrl-C does; connections are cut. */
  async stop(): Promise<void> {
    await this.server.close();
  }

  /** A new watcher at the same address. */
  async startAgain(): Promise<void> {
    const { port } = new URL(this.page.url());
    this.watch = new RunWatch(this.run.directory);
    this.watch.look();
    this.server = await WatchServer.listen(this.watch, TOKEN, Number(port));
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.server.close();
  }
}
