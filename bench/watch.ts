/**
 * What following a run costs, % of one CPU: the watcher alone, with a page that hears its events, and the browser itself,
 * while a simulated run tells of a sample a second; and what a report so far costs. Arguments: seconds of each part,
 * default 60.
 */
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { start } from '../machine/command';
import { descendants, processStat } from '../machine/processes';
import { GrowingRun } from '../test/measure/fixtures/growing-run';

const seconds = Number(process.argv[2] ?? 60);
const run = new GrowingRun({ blocks: 3, sessions: 3 });
const TICKS = 100;

/** CPU time that a process and all that it has started have used so far. */
function cpuSeconds(pid: number): number {
  const ticks = [pid, ...descendants(pid).map((each) => each.pid)].map((each) => {
    const stat = processStat(each);
    return stat ? Number(stat[11]) + Number(stat[12]) : 0;
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS;
}

let taken = 0;
/** One sample of the visit, as it goes on for ever. */
function sample(): void {
  const { samples, cpus: count, ticksPerSecond } = run.visit('000-level0');
  const first = samples[0];
  if (!first) throw new Error('the invented visit has no samples');
  const idle = first.cpuIdleTicks + taken * count * ticksPerSecond * (0.95 + 0.02 * Math.sin(taken));
  run.tell({
    event: 'sample',
    settling: taken < 20,
    sample: { ...first, time: first.time + taken, cpuIdleTicks: idle },
    cpus: count,
    ticksPerSecond,
  });
  taken += 1;
}

/** % of one CPU that these processes take over `seconds`, with a sample a second. */
async function cost(...pids: readonly number[]): Promise<string> {
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const [before, begin] = [used(), performance.now()];
  for (let second = 0; second < seconds; second += 1) {
    sample();
    await sleep(1000);
  }
  const took = (performance.now() - begin) / 1000;
  return `${(used() - before).toFixed(2)} s CPU in ${took.toFixed(0)} s, ${((100 * (used() - before)) / took).toFixed(2)} % of one CPU`;
}

async function report(url: string): Promise<void> {
  const answer = await fetch(`${url}report-so-far.html`);
  if (!answer.ok) throw new Error(`no report: ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function main(): Promise<void> {
  console.log(`load ${loadavg()[0]?.toFixed(1)} on ${cpus().length} CPUs`);
  run.register();
  run.begin();
  run.making('visit', '000-level0');
  const argv = [process.execPath, join(__dirname, '../commands/bootstrap.mjs'), 'watch', run.directory];
  const watcher = start(argv);
  const pid = watcher.pid ?? 0;
  const [url = ''] = await new Promise<string[]>((resolve) =>
    createInterface({ input: watcher.stdout }).once('line', (line) => resolve([line])),
  );
  await sleep(2000);
  console.log(`the watcher alone:        ${await cost(pid)}`);
  const stop = new AbortController();
  const events = await fetch(`${url}events`, { signal: stop.signal });
  void events.body?.pipeTo(new WritableStream(), { signal: stop.signal }).catch(() => {});
  console.log(`with a page that hears:   ${await cost(pid)}`);
  const before = cpuSeconds(pid);
  run.made('visit', '000-level0');
  for (const name of ['000-mediawiki', '001-wordpress']) run.made('session', name);
  await sleep(2000);
  await report(url);
  console.log(`the first report so far:  ${(cpuSeconds(pid) - before).toFixed(2)} s CPU`);
  const again = cpuSeconds(pid);
  run.made('visit', '001-level3');
  await sleep(2000);
  await report(url);
  console.log(`each further one:         ${(cpuSeconds(pid) - again).toFixed(2)} s CPU`);
  stop.abort();

  run.making('visit', '002-level1');
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const server = await chromium.launchServer({ executablePath: '/usr/bin/chromium', args });
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage();
  await page.goto(url);
  await sleep(5000);
  const chromiumPid = server.process().pid ?? 0;
  console.log(`Chromium with the page:   ${await cost(chromiumPid)} (without a screen)`);
  console.log(`  the watcher meanwhile:  ${await cost(pid)}`);
  await server.close();
  watcher.child?.kill('SIGINT');
  await watcher;
  run.remove();
}

void main();
