import { loadLab } from '../../config';
import { type OverviewFacts, type OverviewOptions, overview } from '../../experiment/overview';

const FRESH: OverviewFacts = {
  toInstall: [
    { what: 'system packages, with sudo: mmdebstrap, qemu-system-x86', seconds: 60 },
    { what: "Terraform's provider", seconds: 20 },
  ],
  buildsTemplate: true,
  acceleration: 'tcg',
  local: true,
};
const READY: OverviewFacts = { ...FRESH, toInstall: [], buildsTemplate: false };
const lab = loadLab();
const say = (facts: OverviewFacts, options: Partial<OverviewOptions> = {}): string =>
  overview(lab, { plan: 'quick', run: 'first', ...options }, facts);

test('a fresh machine is told what is installed, built, made, measured and taken away, and how long each takes', () => {
  const lines = say(FRESH).split('\n');
  expect(lines[0]).toMatch(/^The lab "lab" of lab\.yaml, about \d+ min in all, with emulated guests/);
  expect(lines.slice(1, -1)).toEqual([
    expect.stringMatching(
      /^ {2}install, once +\d min +system packages, with sudo: mmdebstrap, .*; Terraform's provider$/,
    ),
    expect.stringMatching(/^ {2}build an image, once +2 min/),
    expect.stringMatching(/^ {2}start a local node +10 s/),
    expect.stringMatching(/^ {2}deploy +2 min +3 virtual machines: wordpress, moodle, mediawiki$/),
    expect.stringMatching(/^ {2}measure +\d+ min +the plan "quick" \(resources, qos\)$/),
    expect.stringMatching(/^ {2}report +results\/first\/report\.html$/),
    expect.stringMatching(/^ {2}destroy +20 s +all of it/),
  ]);
});

test('what is there already is not named, and a lab that is kept is not destroyed', () => {
  const text = say(READY, { keep: true });
  expect(text).not.toMatch(/once|destroy +\d/);
  expect(text).toContain('the lab stays up');
});

test('a Proxmox VE node needs no local one, and a longer plan is said to take longer', () => {
  const proxmox: OverviewFacts = { ...READY, local: false, acceleration: 'kvm' };
  expect(say(proxmox)).not.toMatch(/local node|emulated/);
  const minutes = (plan: string): number => Number(/about (\d+) min/.exec(say(proxmox, { plan }))?.[1]);
  expect(minutes('paper')).toBeGreaterThan(minutes('short'));
  expect(minutes('short')).toBeGreaterThan(minutes('quick'));
});

test('simulated guests are said to be simulated, and are not measured', () => {
  const text = say({ ...READY, acceleration: 'simulated' });
  expect(text).toContain('with simulated guests');
  expect(text).not.toMatch(/measure|report\.html/);
});
