import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { start } from '../../machine/command';
import { drawWaiting, LiveLine } from '../../machine/live-line';

/** A terminal that keeps what it shows, and a clock that the test sets. */
function terminal({ isTTY = true, columns = 80, env = {} }: Partial<Parameters<typeof screen>[0]> = {}) {
  return screen({ isTTY, columns, env });
}

function screen({ isTTY, columns, env }: { isTTY: boolean; columns: number; env: NodeJS.ProcessEnv }) {
  let written = '';
  let seconds = 0;
  const write = (text: string): boolean => {
    written += text;
    return true;
  };
  const line = new LiveLine({ isTTY, columns, write } as never, env, () => seconds);
  return {
    line,
    at: (time: number) => {
      seconds = time;
    },
    written: () => written,
    /** What stands on the screen: an erased line is gone. */
    lines: () => {
      const rows = written.split('\n').map((row) => row.split('\r\x1b[2K').at(-1) ?? '');
      return rows.map((row) => stripVTControlCharacters(row));
    },
  };
}

test('what is said stays above the line, which shows the wait from its third second on', () => {
  const { line, at, lines } = terminal();
  const wait = line.waitFor('Deploy', { expected: 100 });
  wait.step('wordpress: boots');
  expect(lines()).toEqual(['']);
  at(25);
  wait.step('wordpress: cloud-init modules-final');
  expect(lines()).toEqual([
    expect.stringMatching(/^Deploy ━{6}─{17,18} 0:25, about 1:15 left · wordpress: cl.*…$/),
  ]);
  line.say('mediawiki is up');
  expect(lines()).toEqual(['mediawiki is up', expect.stringMatching(/^Deploy /)]);
  wait.end();
  expect(lines()).toEqual(['mediawiki is up', '']);
});

test('the line is gone while a person is asked, and comes again', async () => {
  const { line, at, lines } = terminal();
  const wait = line.waitFor('Measure');
  at(5);
  wait.step('level 2');
  await line.during(async () => {
    expect(lines()).toEqual(['']);
    wait.step('level 3');
    expect(lines()).toEqual(['']);
  });
  wait.step('level 3');
  expect(lines()).toEqual(['Measure 0:05 · level 3']);
  wait.end();
});

test('of two waits the later one is shown, and then the earlier one again', () => {
  const { line, at, lines } = terminal();
  const outer = line.waitFor('Deploy');
  const inner = line.waitFor('Waiting for Terraform');
  at(3);
  inner.step('');
  expect(lines()).toEqual(['Waiting for Terraform 0:03']);
  inner.end();
  expect(lines()).toEqual(['Deploy 0:03']);
  outer.end();
  outer.step('after its end');
  expect(lines()).toEqual(['']);
});

test.each([
  ['without a terminal', { isTTY: false }],
  ['with NO_COLOR', { env: { NO_COLOR: '1' } }],
  ['in CI', { env: { CI: 'true' } }],
  ['on a dumb terminal', { env: { TERM: 'dumb' } }],
])('%s there are plain lines only', (_, on) => {
  const { line, at, written } = terminal(on);
  const wait = line.waitFor('Deploy', { expected: 100 });
  at(50);
  wait.step('wordpress: boots');
  line.say('wordpress: 12 s: waiting for cloud-init (init)');
  wait.end();
  expect(written()).toBe('wordpress: 12 s: waiting for cloud-init (init)\n');
});

test('a signal that nobody else hears ends the process, and the line is gone before', async () => {
  const program = `
    const { LiveLine } = require(${JSON.stringify(join(__dirname, '../../machine/live-line'))});
    const out = { isTTY: true, columns: 80, write: (text) => process.stdout.write(text) };
    let now = 0;
    const line = new LiveLine(out, {}, () => now);
    const wait = line.waitFor('Deploy');
    now = 5;
    wait.step('boots');
    process.kill(process.pid, 'SIGINT');
    setTimeout(() => line.say('still here'), 60_000);`;
  const ended = await start([process.execPath, '--require', 'tsx/cjs', '-e', program], {
    cwd: join(__dirname, '../..'),
  });
  expect(ended.signal).toBe('SIGINT');
  expect(ended.stdout).toMatch(/^Deploy /);
  expect(ended.stdout.endsWith('\r\x1b[2K')).toBe(true);
});

test('an exit of the process takes the line away', () => {
  const { line, at, lines } = terminal();
  const before = process.listeners('exit');
  const wait = line.waitFor('Deploy');
  at(3);
  wait.step('');
  const erase = process.listeners('exit').find((listener) => !before.includes(listener));
  erase?.call(process, 0);
  expect(lines()).toEqual(['']);
  wait.end();
  expect(process.listeners('exit')).toEqual(before);
});

test.each([20, 30, 40, 60, 80, 120, 200])(
  'never is the line wider than a terminal of %i columns',
  (columns) => {
    for (const share of [undefined, 0, 0.5, 1]) {
      for (const expected of [undefined, 60, 6000]) {
        const waiting = {
          title: 'Measure',
          elapsed: 71,
          expected,
          share,
          detail: 'level 2: steady '.repeat(20),
        };
        expect(stripVTControlCharacters(drawWaiting(waiting, columns)).length).toBeLessThan(columns);
      }
    }
  },
);

test('a bar is full only when all is done, and a wait that is too long is said to be', () => {
  const drawn = (of: object) =>
    stripVTControlCharacters(drawWaiting({ title: 'Deploy', elapsed: 130, ...of }, 100));
  expect(drawn({ expected: 100 })).toMatch(/━─? 2:10, longer than expected$/);
  expect(drawn({ share: 1 })).toMatch(/^Deploy ━+ 2:10$/);
  expect(drawn({ expected: 200, isMost: true })).toMatch(/2:10, at most 1:10 left$/);
});
