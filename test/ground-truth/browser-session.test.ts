import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshKeys } from '../../local-node/ssh/keys';
import { type SshServer, startSshServer } from '../../local-node/ssh/ssh-server';
import { analyseSession } from '../../measure/analyse/sessions/qos';
import { collectQos } from '../../measure/collect/sessions/qos';
import type { QosSession } from '../../measure/run/raw-data';
import { RunDirectory } from '../../measure/run/run-directory';
import { registerPlan } from '../../measure/run/run-plan';
import { finish, NodeShell } from '../../proxmox/node-shell';
import { findCommand } from '../../setup/system-packages';
import { testLab } from '../measure/collect/fixtures';
import { describeUnless } from '../skip';
import { WebSite } from './web-site';

jest.setTimeout(240_000);

const lacking = findCommand('chromium') ? undefined : 'chromium not installed';

// The whole chain over the local node's own SSH: two browsers at once, captured at both ends, analysed.
describeUnless(lacking)('a session read by browsers over SSH', () => {
  let site: WebSite;
  let directory: string;
  let server: SshServer;
  let shell: NodeShell;

  beforeAll(async () => {
    site = await WebSite.create();
    directory = mkdtempSync(join(tmpdir(), 'browser-session-'));
    const keys = await sshKeys(directory, join(directory, 'host'));
    server = await startSshServer({
      keys,
      port: 0,
      sftpRoot: directory,
      requireSpace: async () => undefined,
      enter: (command) => site.node.enter(command),
    });
    shell = await NodeShell.connect({
      host: '127.0.0.1',
      port: server.port,
      username: 'root',
      privateKeyFile: keys.clientKeyFile,
      hostKeySha256: keys.hostKeySha256,
    });
  });

  afterAll(async () => {
    shell.close();
    await server.close();
    await site.remove();
    rmSync(directory, { recursive: true });
  });

  async function run(name: string, signal: AbortSignal): Promise<{ folder: string; session: QosSession }> {
    const lab = testLab();
    const plan = registerPlan(lab, {
      run: name,
      planName: 'tiny',
      scenarios: ['qos'],
      registeredAt: '2026-01-01T00:00:00Z',
      reader: 'browser',
      missingApplications: lab.guests.slice(1).map((guest) => ({ guest: guest.name, reason: 'not here' })),
    });
    const world = {
      shell,
      clock: { now: () => Date.now() / 1000, offsetSeconds: 0, uncertaintySeconds: 0 },
      agent: () => ({
        exec: async (command: readonly string[], options?: { input?: string }) => {
          const wrapped = site.node.inGuest(command);
          const running = await site.node.shell.start(wrapped);
          const done = await finish(wrapped, running, { stdin: options?.input, allowFailure: true });
          return { exitCode: done.code ?? 1, stdout: done.stdout, stderr: done.stderr };
        },
      }),
      application: () => ({ port: WebSite.port, pages: ['/', '/second.html'] }),
      progress: () => {},
      signal,
      drainSeconds: 0.05,
    };
    const run = new RunDirectory(join(directory, name));
    await collectQos(world, plan, run).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    const folder = join(directory, name, 'raw', 'qos', '000-wordpress');
    return { folder, session: JSON.parse(readFileSync(join(folder, 'session.json'), 'utf8')) };
  }

  it('shows every page to every client, in captures that lose nothing, and leaves nothing behind', async () => {
    const { folder, session } = await run('whole', new AbortController().signal);
    expect(session.fault).toBeNull();
    expect(session.reader).toMatch(/^Chromium [\d.]+: .*; 3 pages, 2 clients$/);
    const { result } = analyseSession(folder, session);
    expect(result.notes).toEqual([]);
    expect(result.pages.map(({ client, page }) => `${client} ${page}`)).toEqual(
      ['client1', 'client2'].flatMap((client) => [0, 1, 2].map((page) => `${client} ${page}`)),
    );
    expect(result.shownPages).toHaveLength(6);
    for (const page of result.shownPages) {
      expect(page.firstContentfulPaintSeconds).toBeGreaterThan(0);
      expect(page.loadEventSeconds).toBeGreaterThan(0);
    }
    expect(result.directions.map(({ loss }) => loss?.percent)).toEqual([0, 0]);
    // Both clients get each file once with its bytes; the rest of what the captures saw are headers.
    const bodies = session.transfers.reduce((sum, { bytes }) => sum + bytes, 0);
    const payload = result.directions.find(({ direction }) => direction === 'to client')?.payloadBytes ?? 0;
    expect(payload).toBeGreaterThan(bodies);
    expect(payload).toBeLessThan(bodies + 400 * session.transfers.length);
    expect(await site.left()).toBe('');
  });

  it('ends with the run when that is interrupted, and leaves nothing behind', async () => {
    const interrupt = new AbortController();
    site.asked.length = 0;
    const running = run('interrupted', interrupt.signal);
    while (!site.asked.join('').includes('/second.html'))
      await new Promise((resolve) => setImmediate(resolve));
    interrupt.abort(new Error('interrupted'));
    expect((await running).session.fault).toBe('interrupted');
    expect((await site.node.shell.run(['ip', 'netns'])).stdout).not.toContain('trial');
    expect(await site.left()).toBe('');
  });
});
