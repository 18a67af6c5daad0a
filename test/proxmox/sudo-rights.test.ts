import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { sudoersLines } from '../../proxmox/privilege-lines';
import { containerRights, deployRights, measuringRights } from '../../proxmox/sudo-rights';
import { testUnless } from '../skip';
import { labWith } from '../stacks/synthesized';

const root = join(__dirname, '../..');
const lossy = labWith((draft) => {
  Object.assign(draft.networks.clients, { lossPercent: 1 });
  draft.guests = [{ ...draft.guests[0], kind: 'container' }];
});
const programs = measuringRights(lossy).map(({ example }) => basename(example));

test('measuring asks sudo for no program that the file leaves out, and the file has none that nothing runs', () => {
  const files = execFileSync('git', ['ls-files', 'measure', 'proxmox'], { cwd: root, encoding: 'utf8' });
  const run = files
    .trim()
    .split('\n')
    .filter((file) => /\.ts$/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /(?:shell\.(?:run|start)\(|return |command = |add = |commands?\.push\()\[\s*'([a-z][\w-]*)'/g,
      ),
    ])
    .map(([, name]) => name ?? '');
  // What runs inside of another program needs nothing of its own, and some are words for tc.
  const inside = ['netem', 'tbf', 'sh', 'id', 'true', 'unshare', 'chromium', 'servers', 'clients', 'sudo'];
  const used = new Set(run.filter((name) => !inside.includes(name)));
  expect([...used].sort()).toEqual([...programs].sort());
});

test('only a lab with containers needs pct', () => {
  expect(containerRights(labWith())).toEqual([]);
  expect(containerRights(lossy).map(({ example }) => basename(example))).toEqual(['pct', 'python3']);
  expect(measuringRights(labWith()).map(({ example }) => basename(example))).not.toContain('pct');
});

test('a lab whose links lose nothing needs no nft', () => {
  const names = measuringRights(labWith()).map(({ example }) => basename(example));
  expect(names).not.toContain('nft');
  expect(programs).toContain('nft');
});

test.each([
  [
    '/var/lib/vz/snippets',
    'a snippet of the lab',
    '/var/lib/vz/snippets/lab-0a1b2c3d-wordpress-0a1b2c3d4e5f.yaml',
    true,
  ],
  ['/var/lib/vz/snippets', 'a second file', '/var/lib/vz/snippets/lab-a.yaml /etc/shadow', false],
  ['/var/lib/vz/snippets', 'a way out', '/var/lib/vz/snippets/lab-../../../etc/x.yaml', false],
  ['/mnt/a.b/snippets', 'another directory', '/mnt/axb/snippets/lab-a.yaml', false],
])('with snippets in %s sudo may write %s: %s %s', (directory, _, args, allowed) => {
  const rule = deployRights(directory)[1]?.rule ?? '';
  const expression = new RegExp(rule.slice(rule.indexOf(' ') + 1));
  expect(expression.test(args)).toBe(allowed);
});

test('the example that sudo is asked for is one that the rule allows', () => {
  for (const directory of ['/var/lib/vz/snippets', '/mnt/pve/nfs.one/snippets']) {
    const [, tee] = deployRights(directory);
    const [program = '', expression = ''] = tee?.rule.split(' ') ?? [];
    expect(tee?.example.startsWith(`${program} `)).toBe(true);
    expect(tee?.example.slice(program.length + 1)).toMatch(new RegExp(expression));
  }
});

const visudo = '/usr/sbin/visudo';
const noVisudo = existsSync(visudo) ? undefined : 'no visudo; apt-get install sudo';

testUnless(noVisudo)('the lines are a sudoers file to visudo', async () => {
  const rights = [...deployRights('/var/lib/vz/snippets'), ...measuringRights(lossy)];
  const lines = sudoersLines(rights, 'lab');
  for (const line of lines)
    expect(line).toMatch(/^lab ALL=\(root\) NOPASSWD: \/usr\/s?bin\/[a-z0-9]+( \S+)?$/);
  const directory = mkdtempSync(join(tmpdir(), 'sudoers-'));
  try {
    const file = join(directory, 'lab');
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o440 });
    const { status, stderr } = spawnSync(visudo, ['-cf', file], { encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
