import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand } from '../../setup/system-packages';
import { templateFile } from '../../template/template';
import { describeUnless } from '../skip';
import { Applications } from './applications';
import { type Ended, heldStill, LabCopy } from './lab-copy';

/**
 * The whole experiment as a newcomer runs it, in a copy of this project of its own: real guests, real applications, real
 * packets. One long run; the tests then look at what it left.
 */
const HOUR = 3_600_000;

/** What people do with the applications while they are up: of each guest one after the other. */
const USES: readonly Readonly<Record<string, (applications: Applications) => Promise<void>>>[] = [
  {
    'a page of WordPress that is measured has the same bytes before and after, and names no other host': (
      applications,
    ) => applications.comparePage('wordpress'),
    'in WordPress a person logs in, writes a post and sees it, under either address': (applications) =>
      applications.writePost(),
  },
  {
    'a page of MediaWiki that is measured has the same bytes before and after, and names no other host': (
      applications,
    ) => applications.comparePage('mediawiki'),
    'in MediaWiki a person logs in, edits a page and sees it, with its picture': (applications) =>
      applications.editPage(),
  },
];
/** Of a template that holds Moodle alone. Its pages carry random identifiers: their bytes are not compared. */
const USES_OF_MOODLE: (typeof USES)[number] = {
  'in Moodle a person logs in and reads a course, with its picture': (applications) =>
    applications.readCourse(),
};
const lacking = findCommand('chromium') ? undefined : 'chromium not installed';

const withoutMoodle =
  lacking ?? (holdsMoodle() ? undefined : 'the template holds no Moodle, or is not built');

let lab: LabCopy;
let run: Ended;
/** By use: what became of it. */
const outcomes = new Map<string, PromiseSettledResult<void>>();

beforeAll(async () => {
  lab = new LabCopy(18_006, 18_022, 'real');
  const start = lab.npm(['start', '--', '--plan', 'quick', '--run', 'e2e']);
  // Between deploying and measuring, so that neither hears of it. Where the deployment fails, so does all below.
  const deployed = start.seen('Apply complete!').then(
    () => true,
    () => false,
  );
  if (!lacking && (await deployed)) {
    const own = lab.programs().filter(({ commandLine }) => commandLine.includes('bootstrap.mjs start'));
    await heldStill(
      own.map(({ pid }) => pid),
      useApplications,
    );
  }
  run = await start.ended;
}, HOUR);

async function useApplications(): Promise<void> {
  const applications = await Applications.open(lab);
  try {
    await Promise.all(
      [...USES, ...(withoutMoodle ? [] : [USES_OF_MOODLE])].map(async (ofGuest) => {
        for (const [name, use] of Object.entries(ofGuest)) {
          const [outcome] = await Promise.allSettled([use(applications)]);
          outcomes.set(name, outcome);
        }
      }),
    );
  } finally {
    await applications.close();
  }
}

afterAll(() => lab?.remove(), HOUR);

function holdsMoodle(): boolean {
  const { exists, manifestPath } = templateFile(process.env);
  return exists && JSON.parse(readFileSync(manifestPath, 'utf8')).moodle.baked;
}

function result(...path: string[]): string {
  return readFileSync(join(lab.directory, 'results/e2e', ...path), 'utf8');
}

test('npm start ends with exit code 0 and says where the report is', () => {
  expect(run.output).toContain('results/e2e/report.html');
  expect(run.code).toBe(0);
});

test('nothing of the lab is left: no guest, file, bridge, process, tap or namespace', () => {
  expect(run.output).toContain('Nothing of the lab is on the node.');
  expect(run.output).toContain('No process, tap or namespace of the local node is left.');
  expect(existsSync(join(lab.directory, '.lab/node/connection.json'))).toBe(false);
});

test('no secret of the node and no password of a guest is in the output, logs, consoles, state, raw data or report', () => {
  const places = [...lab.records(), ['output', run.output] as const];
  expect(places.map(([place]) => place)).toEqual(
    expect.arrayContaining(['results/e2e/report.html', '.lab/node/log/console-129.log']),
  );
  // As cloud-init/install/lib.sh makes them.
  const password = /[A-Za-z0-9]{24}-Aa1/;
  const secrets = lab.secrets();
  const found = places.filter(
    ([, content]) => password.test(content) || secrets.some((secret) => content.includes(secret)),
  );
  expect(found.map(([place]) => place)).toEqual([]);
});

test('every guest was measured at every level, and every installed application was browsed', () => {
  expect(readdirSync(join(lab.directory, 'results/e2e/raw/resources')).length).toBeGreaterThanOrEqual(4);
  const sessions = readdirSync(join(lab.directory, 'results/e2e/raw/qos'));
  for (const application of ['wordpress', 'mediawiki']) {
    expect(sessions.filter((session) => session.endsWith(application)).length).toBeGreaterThanOrEqual(1);
  }
});

test('the report says that the guests were emulated, and shows figures of all applications', () => {
  const html = result('report.html');
  for (const word of ['WordPress', 'Moodle', 'MediaWiki']) expect(html).toContain(word);
  if (!/\b(vmx|svm)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) expect(html).toContain('emulated (TCG)');
});

describeUnless(lacking)('while the lab is up', () => {
  test.each(USES.flatMap((ofGuest) => Object.keys(ofGuest)))('%s', (name) => {
    expect(outcomes.get(name)).toEqual({ status: 'fulfilled', value: undefined });
  });
});

describeUnless(withoutMoodle)('while the lab is up', () => {
  test.each(Object.keys(USES_OF_MOODLE))('%s', (name) => {
    expect(outcomes.get(name)).toEqual({ status: 'fulfilled', value: undefined });
  });
});

test(
  'the report made again from the raw data is the same, byte for byte',
  async () => {
    const files = ['summary.json', 'samples.csv', 'report.md', 'report.html'];
    const before = files.map((file) => result(file));
    expect((await lab.npm(['run', 'report', '--', 'e2e']).ended).code).toBe(0);
    expect(files.map((file) => result(file))).toEqual(before);
  },
  HOUR,
);
