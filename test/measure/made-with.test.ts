import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitOf } from '../../machine/commit';
import { describeEnvironment } from '../../measure/collect/environment';
import { madeWith } from '../../measure/made-with';
import { environmentRecord } from '../../measure/run/records/environment';
import { testLab } from './collect/fixtures';
import { LocalShell } from './collect/local-shell';

const root = mkdtempSync(join(tmpdir(), 'made-with-'));
afterAll(() => rmSync(root, { recursive: true }));

const clone = join(root, 'clone');
const git = (...words: string[]) =>
  execFileSync('git', ['-C', clone, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words], {
    encoding: 'utf8',
  });

test('a run tells the commit of the lab, and whether it was changed since', async () => {
  mkdirSync(join(clone, 'inside'), { recursive: true });
  git('init', '--quiet');
  writeFileSync(join(clone, 'file'), 'one');
  git('add', 'file');
  git('commit', '--quiet', '--message', 'One');
  const commit = git('rev-parse', 'HEAD').trim();
  expect(await commitOf(clone)).toBe(commit);
  writeFileSync(join(clone, 'file'), 'two');
  expect(await commitOf(clone)).toBe(`${commit}, with changes`);
  // An archive that was unpacked inside of somebody's clone is not of that clone's commit.
  expect(await commitOf(join(clone, 'inside'))).toBeNull();
  expect(await commitOf(root)).toBeNull();
});

test('the environment of a run names the provider and holds the packages of the template', async () => {
  const made = await madeWith({ HOME: root });
  expect(made.facts.provider).toMatch(/^bpg\/proxmox \d+\.\d+\.\d+$/);
  const environment = await describeEnvironment({
    shell: new LocalShell([]),
    client: { get: async () => ({ version: '9.1' }) as never, node: (rest) => `nodes/pve/${rest}` },
    clock: { offsetSeconds: 0, uncertaintySeconds: 0 } as never,
    lab: testLab(),
    target: 'local',
    acceleration: 'simulated',
    otherWork: { othersCpuPercent: null, waitedSeconds: 0 },
    madeWith: { ...made, templatePackages: { nginx: '1.26.3-3' } },
  });
  expect(environmentRecord.parse(environment)).toEqual(environment);
  expect(environment.templatePackages).toEqual({ nginx: '1.26.3-3' });
  expect(environment.facts.provider).toBe(made.facts.provider);
});

test('the environment of a run says what the node does not limit in containers, where it says so', async () => {
  const made = await madeWith({ HOME: root });
  const asked: string[] = [];
  const lab = testLab();
  const described = (answer: object) =>
    describeEnvironment({
      shell: new LocalShell([]),
      client: {
        get: async (path: string) => {
          asked.push(path);
          return answer as never;
        },
        node: (rest) => `nodes/pve/${rest}`,
      },
      clock: { offsetSeconds: 0, uncertaintySeconds: 0 } as never,
      lab: { ...lab, guests: lab.guests.map((guest) => ({ ...guest, kind: 'container' as const })) },
      ...{ target: 'local', acceleration: null, madeWith: made },
      otherWork: { othersCpuPercent: null, waitedSeconds: 0 },
    });
  expect((await described({ 'not-limited': 'memory,cpu' })).facts.containersNotLimited).toBe(
    'memory and cpu',
  );
  expect(asked).toContain(`nodes/pve/lxc/${lab.guests[0]?.vmid}/status/current`);
  expect(await described({})).not.toHaveProperty('facts.containersNotLimited');
});
