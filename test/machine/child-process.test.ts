import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** Programs that live long or have pipes of their own. All others are started by zx, in machine/command.ts. */
const allowed: Readonly<Record<string, RegExp>> = {
  'commands/browser.ts': /Not by zx: a browser outlives/,
  'local-node/backup/compression.ts': /Not by zx, which keeps all output in memory/,
  'local-node/forwards/dial.ts': /Not by zx, which keeps all output in memory/,
  'bench/captures-against-tshark/tshark-reading.ts': /Not by zx/,
  'commands/bootstrap.mjs': /without packages/,
  'local-node/engine/lxc/terminal-relay.ts': /Not by zx, which keeps all output in memory/,
  'local-node/engine/qemu/guest-launch.ts': /Not by zx/,
  'local-node/lifecycle.ts': /Not by zx/,
  'local-node/namespace/namespace.ts': /Not by zx/,
  'local-node/namespace/uplink.ts': /Not by zx/,
  'local-node/ssh/exec.ts': /Not by zx/,
};

test('programs are started by zx, except where a file says why not', () => {
  const files = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const users = files
    .trim()
    .split('\n')
    .filter((file) => !file.startsWith('test/'))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
    .filter(({ text }) => /^import \{.*\} from '(node:)?child_process'/m.test(text));
  expect(users.map(({ file }) => file).sort()).toEqual(Object.keys(allowed).sort());
  for (const { file, text } of users)
    expect({ file, text }).toEqual({ file, text: expect.stringMatching(allowed[file] as RegExp) });
});
