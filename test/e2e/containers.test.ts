import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../measure/analyse/summary';
import { findCommand } from '../../setup/system-packages';
import { describeUnless } from '../skip';
import { type Ended, LabCopy } from './lab-copy';

/**
 * The whole experiment with containers, as a newcomer runs it: real ones, native, with the applications of the template.
 * One long run; the tests then look at what it left.
 */
const HOUR = 3_600_000;

const lacking = findCommand('lxc-start') ? undefined : 'lxc is not installed';

describeUnless(lacking)('an experiment with containers', () => {
  let lab: LabCopy;
  let run: Ended;

  beforeAll(async () => {
    lab = new LabCopy(18_046, 18_062, 'real');
    const options = ['--guests', 'containers', '--plan', 'quick', '--run', 'containers'];
    run = await lab.npm(['start', '--', ...options]).ended;
  }, HOUR);
  afterAll(() => lab?.remove(), HOUR);

  const result = (...path: string[]) =>
    readFileSync(join(lab.directory, 'results/containers', ...path), 'utf8');
  const summary = () => JSON.parse(result('summary.json')) as Summary;

  test('ends with exit code 0 and a report, and leaves nothing of the lab', () => {
    expect(run.output.slice(-3000)).toContain('results/containers/report.html');
    expect(run.output).toContain('Nothing of the lab is on the node.');
    expect(run.output).toContain('No process, tap or namespace of the local node is left.');
    expect(run.code).toBe(0);
  });

  test('its figures are of containers that ran natively, and are labelled so', () => {
    const { environment, label, plan } = summary();
    expect(environment.acceleration).toBe('native');
    expect(label).toBeNull();
    expect(plan.lab.guests.map(({ kind }) => kind)).toEqual(['container', 'container', 'container']);
    const html = result('report.html');
    expect(html).toContain('containers (LXC)');
    expect(html).not.toContain('emulated (TCG)');
  });

  test('every container has CPU and memory of its own at the level at which all of them run', () => {
    const { levels } = summary().resources;
    const highest = levels.find(({ level }) => level === 3);
    expect(highest?.guests.map(({ guest }) => guest)).toEqual(['wordpress', 'moodle', 'mediawiki']);
    for (const { cpuPercent, residentBytes } of highest?.guests ?? []) {
      expect(cpuPercent?.median).toBeGreaterThanOrEqual(0);
      // PHP, a web server and a database, in the sizes that lab.yaml gives it.
      expect(residentBytes?.median).toBeGreaterThan(20 * 1024 ** 2);
      expect(residentBytes?.median).toBeLessThan(1024 ** 3);
    }
  });

  test('what clients get comes from captures at both ends, as of virtual machines', () => {
    const sessions = readdirSync(join(lab.directory, 'results/containers/raw/qos'));
    expect(sessions.length).toBeGreaterThanOrEqual(2);
    const read = summary().applications.filter(({ missingBecause }) => missingBecause === null);
    expect(read.map(({ guest }) => guest)).toEqual(expect.arrayContaining(['wordpress', 'mediawiki']));
    for (const { throughputBitsPerSecond, pageLoadSeconds } of read) {
      expect(throughputBitsPerSecond?.median).toBeGreaterThan(0);
      expect(pageLoadSeconds?.median).toBeGreaterThan(0);
    }
  });

  test('the times of starting, of stopping and of destroying each container are recorded', () => {
    const { resources, destroyed } = summary();
    expect(resources.power.filter(({ action }) => action === 'start').length).toBeGreaterThan(0);
    expect(destroyed.map(({ seconds }) => seconds)).toEqual([
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ]);
    expect(existsSync(join(lab.directory, '.lab/node/connection.json'))).toBe(false);
  });

  test('no secret of the node and no password of a guest is in the output, logs, state, raw data or report', () => {
    const password = /[A-Za-z0-9]{24}-Aa1/;
    const secrets = lab.secrets();
    const places = [...lab.records(), ['output', run.output] as const];
    const found = places.filter(
      ([, content]) => password.test(content) || secrets.some((secret) => content.includes(secret)),
    );
    expect(found.map(([place]) => place)).toEqual([]);
  });
});
