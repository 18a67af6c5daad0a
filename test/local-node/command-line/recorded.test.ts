import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProgram } from '../../../local-node/command-line/programs';
import { runProgram } from '../../../local-node/command-line/run-command';
import { startTestNode } from '../test-node';

interface Recorded {
  readonly command: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const file = join(__dirname, '..', '..', 'contract', 'recordings', '11c-pct-cli.jsonl');
const RECORDED = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Recorded);

/** Why an answer is not compared. */
const LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/^pct (exec|push|pull)/, 'what a container that is simulated does not do'],
  [/^pct (df|cpusets|fsck|console|enter|rescan) ?/, 'commands that the local node has not'],
  [/^pct (create|clone) 16[12] .*(--full|--unprivileged)/, 'the words of programs that make a file system'],
  [/^pct resize/, 'the words of resize2fs'],
  [/^pct mount 161$/, 'where the root file system is mounted'],
  [/^pct (list)?snapshot/, 'snapshots fail there, for a storage that has none'],
  [/^(sh|vzdump) /, 'no container of its own'],
];

/** What differs by the node's name, its storage and addresses that are drawn by lot. */
function alike(text: string): string {
  return text
    .replace(/nodes\/pve1?\//g, 'nodes/N/')
    .replace(/node 'pve1?'/g, "node 'N'")
    .replace(/(vm|subvol)-(\d+)-disk-(\d)\.(raw|subvol)/g, 'volume-$2-$3')
    .replace(/^302 .*\n/m, '') // somebody else's
    .replace(/hwaddr=[0-9A-F:]+/g, 'hwaddr=MAC')
    .replace(/ at \/usr\/share\/perl5\/.* line \d+\.\n/, '\n');
}

/** `--description from the CLI` was one argument. */
function words(command: string): string[] {
  const [, before = command, text] = /^(.* --description) (.*)$/.exec(command) ?? [];
  return [...before.split(' '), ...(text === undefined ? [] : [text])];
}

test('pct answers with the exit codes and words of Proxmox VE', async () => {
  const lab = await startTestNode();
  const different: unknown[] = [];
  let compared = 0;
  try {
    writeFileSync(join(lab.node.stateDir, 'storage/local/template/cache/mini-template.tar.zst'), '');
    for (const line of [
      'create /nodes/pve/network --iface vmbr0 --type bridge --autostart 1 --cidr 10.98.0.1/24',
      'set /nodes/pve/network',
    ])
      expect(await runProgram(lab.node, 'pvesh', line.split(' '))).toMatchObject({ exit: 0 });
    for (const { command, exit, stdout, stderr } of RECORDED) {
      if (stderr.startsWith('startup for container')) continue; // what the rig's kernel lacked
      const [program = '', ...args] = words(command);
      if (!isProgram(program)) continue;
      const ours = await runProgram(lab.node, program, args);
      if (LEFT_OUT.some(([shape]) => shape.test(command))) continue;
      compared += 1;
      const theirs = [exit, alike(stdout), alike(stderr)];
      const said = [ours.exit, alike(ours.stdout ?? ''), alike(ours.stderr ?? '')];
      if (JSON.stringify(theirs) !== JSON.stringify(said)) different.push([command, theirs, said]);
    }
  } finally {
    await lab.close();
  }
  expect(different).toEqual([]);
  expect(compared).toBeGreaterThan(35);
});
