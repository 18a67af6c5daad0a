import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PortTakenError, watchRun } from '../../../measure/watch/watch-run';
import { GrowingRun } from '../fixtures/growing-run';

/** A watcher whose clock goes on at each of its looks, which the test lets it make one by one. */
function watching(
  run: GrowingRun,
  options: { port?: number; mayCome?: () => boolean; keptIn?: string } = {},
) {
  const stop = new AbortController();
  const said: string[] = [];
  let now = 0;
  let looked: () => void = () => {};
  let wake: (() => void) | undefined;
  const sleep = (milliseconds: number): Promise<void> => {
    looked();
    return new Promise((resolve) => {
      wake = () => {
        now += milliseconds;
        resolve();
      };
    });
  };
  let url = '';
  const ended = watchRun({
    directory: run.directory,
    keptIn: join(run.directory, '..', 'kept', 'watch.json'),
    ...options,
    signal: stop.signal,
    listening: (address) => {
      url = address;
    },
    say: (line) => said.push(line),
    clock: { now: () => now, sleep },
  });
  let isOver = false;
  const over = ended.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  const sleeping = (): Promise<unknown> => {
    const next = new Promise<void>((resolve) => {
      looked = resolve;
    });
    return Promise.race([next, over]);
  };
  const begun = sleeping();
  return {
    ended,
    said,
    begun,
    url: () => url,
    isOver: () => isOver,
    stop: () => {
      stop.abort();
      wake?.();
    },
    /** So many looks, or until the watcher ends. */
    async looks(count: number): Promise<void> {
      for (let look = 0; look < count && !isOver; look += 1) {
        const next = sleeping();
        wake?.();
        await next;
      }
    },
  };
}

const runs: GrowingRun[] = [];
afterAll(() => {
  for (const run of runs) run.remove();
});
function growing(): GrowingRun {
  const run = new GrowingRun({ blocks: 1, sessions: 1 });
  runs.push(run);
  return run;
}

async function openPage(url: string): Promise<IncomingMessage> {
  const [page] = (await once(get(`${url}events`), 'response')) as [IncomingMessage];
  page.on('error', () => {}); // of a watcher that has ended
  return page.resume();
}

test('ends half a minute after the run, where nobody looks', async () => {
  const run = growing();
  run.register();
  run.begin();
  const watcher = watching(run);
  await watcher.begun;
  await watcher.looks(100);
  expect(watcher.isOver()).toBe(false);
  run.tell({ event: 'ended', interrupted: false });
  await watcher.looks(10);
  expect(watcher.said).toEqual(['The run has ended.']);
  expect(watcher.isOver()).toBe(false);
  await watcher.looks(2);
  await watcher.ended;
  expect(watcher.said.at(-1)).toBe('The run is over, and nobody looks at its page any more.');
});

test('waits as long as the page of a run that has ended is open, and an hour at most', async () => {
  const run = growing();
  run.bringAll();
  const watcher = watching(run);
  await watcher.begun;
  // Nobody has seen it yet.
  await watcher.looks(50);
  expect(watcher.isOver()).toBe(false);
  const page = await openPage(watcher.url());
  await watcher.looks(100);
  expect(watcher.isOver()).toBe(false);
  const closed = new Promise((resolve) => page.on('close', resolve));
  await watcher.looks(1200);
  expect(watcher.isOver()).toBe(true);
  await watcher.ended;
  await closed;
});

test('ends where the run will not come any more', async () => {
  let mayCome = true;
  const watcher = watching(growing(), { mayCome: () => mayCome });
  await watcher.begun;
  await watcher.looks(5);
  expect(watcher.isOver()).toBe(false);
  mayCome = false;
  await watcher.looks(2);
  await watcher.ended;
  expect(watcher.isOver()).toBe(true);
});

test('comes again at the address that it had, unless somebody has it', async () => {
  const run = growing();
  run.register();
  const first = watching(run);
  await first.begun;
  const kept = join(run.directory, '..', 'kept', 'watch.json');
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  const second = watching(run);
  await second.begun;
  expect(second.url()).not.toBe(first.url());
  const { pathname } = new URL(first.url());
  expect(new URL(second.url()).pathname).toBe(pathname);
  await expect(watching(run, { port: Number(new URL(first.url()).port) }).ended).rejects.toThrow(
    PortTakenError,
  );
  for (const each of [first, second]) {
    each.stop();
    await each.ended;
  }
  expect(JSON.parse(readFileSync(kept, 'utf8')).port).toBe(Number(new URL(first.url()).port));
  const again = watching(run);
  await again.begun;
  expect(again.url()).toBe(first.url());
  again.stop();
  await again.ended;
});
