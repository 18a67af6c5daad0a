import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyFileError } from '../../config/faulty-file';
import type { Lab } from '../../config/lab';
import { parseLab } from '../../config/lab-file';
import { readChosenVmids, withoutVmid, withVmids } from '../../config/vmids';
import { keepVmids } from '../../stacks/keep-vmids';

const text = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');
const withoutVmids = text.replaceAll(/ vmid: \d+,/g, '');
const lab = parseLab(`vmids: auto\n${withoutVmids}`, 'lab.yaml');
const vmids = ({ guests }: Lab) => guests.map(({ vmid }) => vmid);

/** As Terraform's state has them. */
const known = [
  { name: 'wordpress', ipAddress: '192.168.10.29', vmid: 301 },
  { name: 'moodle', ipAddress: '192.168.10.16', vmid: 302 },
  { name: 'mediawiki', ipAddress: '192.168.10.28', vmid: 303 },
];

test('guests may leave their vmids out where lab.yaml says vmids: auto, and nowhere else', () => {
  expect(withoutVmid(lab)).toEqual(['wordpress', 'moodle', 'mediawiki']);
  const faults = () => parseLab(withoutVmids, 'lab.yaml');
  expect(faults).toThrow(FaultyFileError);
  expect(faults).toThrow(/guests\[0\]\.vmid: is missing; with "vmids: auto"/);
});

test('each guest gets the vmid that is known by its name, and one that nobody knows gets none', () => {
  expect(vmids(withVmids(lab, known))).toEqual([301, 302, 303]);
  expect(withoutVmid(withVmids(lab, known.slice(1)))).toEqual(['wordpress']);
  expect(Object.isFrozen(withVmids(lab, known).guests[0])).toBe(true);
});

test('a guest that is renamed keeps its vmid, known by its address', () => {
  const renamed = parseLab(
    `vmids: auto\n${withoutVmids.replace('name: moodle', 'name: campus')}`,
    'lab.yaml',
  );
  expect(vmids(withVmids(renamed, known))).toEqual([301, 302, 303]);
});

test('guests that exchange their addresses keep each the vmid of its name', () => {
  const exchanged = withoutVmids
    .replace('192.168.10.29', '192.168.10.99')
    .replace('192.168.10.16', '192.168.10.29')
    .replace('192.168.10.99', '192.168.10.16');
  expect(vmids(withVmids(parseLab(`vmids: auto\n${exchanged}`, 'lab.yaml'), known))).toEqual([301, 302, 303]);
});

test('a vmid of lab.yaml holds, and is given to no other guest', () => {
  const some = text.replace(' vmid: 129,', ' vmid: 302,').replaceAll(/ vmid: 1\d\d,/g, '');
  const mixed = withVmids(parseLab(`vmids: auto\n${some}`, 'lab.yaml'), known);
  expect(vmids(mixed)).toEqual([302, 0, 303]);
});

test('a lab that has all its vmids is left as it is', () => {
  const whole = parseLab(text, 'lab.yaml');
  expect(withVmids(whole, known)).toBe(whole);
});

describe('what was chosen is kept in a file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vmids-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('and read again, without the vmids that lab.yaml gives', () => {
    const file = join(directory, '.lab/vmids.json');
    keepVmids(lab, withVmids(lab, known), file);
    expect(readChosenVmids(file)).toEqual(known);
    keepVmids(parseLab(text, 'lab.yaml'), parseLab(text, 'lab.yaml'), file);
    expect(readChosenVmids(file)).toEqual([]);
  });

  test.each(['', '{', '{}', 'null', '[null, 3, {"name": "wordpress"}, {"vmid": 7}]'])(
    'a file that holds %j holds none',
    (content) => {
      const file = join(directory, 'vmids.json');
      writeFileSync(file, content);
      expect(readChosenVmids(file)).toEqual([]);
    },
  );
});
