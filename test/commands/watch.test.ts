import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startWatch } from '../../commands/start-watch';
import { start } from '../../machine/command';
import { waitForEnd } from '../../machine/processes';
import { GrowingRun } from '../measure/fixtures/growing-run';

jest.setTimeout(120_000);

const bootstrap = join(__dirname, '../../commands/bootstrap.mjs');
const watch = (...args: readonly string[]) => start([process.execPath, bootstrap, 'watch', ...args]);
const run = new GrowingRun({ blocks: 1, sessions: 1 });
afterAll(() => run.remove());

test('a run that is not there is bad input', async () => {
  const { exitCode, stderr } = await watch(join(run.directory, 'absent'));
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/absent: there is no such run/);
});

test('what began it may be gone before there is a run, and then it ends', async () => {
  const nobody = JSON.stringify({ pid: 1, startTicks: 1, boot: 'another' });
  const { exitCode, stdout } = await watch(join(run.directory, 'absent'), '--begun-by', nobody);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32,}\/\n$/),
  });
});

test('says where the page is, to programs too, and serves it until Ctrl-C', async () => {
  run.register();
  run.begin();
  const watcher = watch(run.directory, '--json');
  const [line] = (await once(createInterface({ input: watcher.stdout }), 'line')) as [string];
  const { run: name, url } = JSON.parse(line) as { run: string; url: string };
  expect(name).toBe('invented');
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('<title>Watch a run</title>');
  watcher.child?.kill('SIGINT');
  expect((await watcher).exitCode).toBe(0);
});

test('is started beside what makes the run, which it does not hold up', async () => {
  const said: string[] = [];
  const watcher = await startWatch(run.directory, (line) => said.push(line));
  expect(said).toEqual([expect.stringMatching(/^Watch it: http:\/\/127\.0\.0\.1:/)]);
  expect((await fetch(said[0]?.replace('Watch it: ', '') ?? '')).status).toBe(200);
  if (!watcher) throw new Error('there is no process');
  process.kill(watcher.pid, 'SIGTERM');
  expect(await waitForEnd(watcher, 60_000)).toBe(true);
});
