import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLab } from '../../config';
import { deployedKinds } from '../../config/deployed-kinds';
import { FaultyFileError } from '../../config/faulty-file';
import { parseLab } from '../../config/lab-file';

const lab = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');
const mixed = lab.replace('role: moodle,', 'role: moodle, kind: container,');

const kinds = ({ guests }: Pick<ReturnType<typeof parseLab>, 'guests'>) => guests.map(({ kind }) => kind);

test('guests are VMs, as in the paper, unless lab.yaml says container', () => {
  expect(kinds(parseLab(lab, 'lab.yaml'))).toEqual(['vm', 'vm', 'vm']);
  expect(kinds(parseLab(mixed, 'lab.yaml'))).toEqual(['vm', 'container', 'vm']);
});

test('LAB_GUESTS decides for all of them, and no other word is taken', () => {
  const env = (LAB_GUESTS: string) => ({ ...process.env, LAB_GUESTS });
  expect(kinds(loadLab(undefined, env('containers')))).toEqual(['container', 'container', 'container']);
  expect(kinds(loadLab(undefined, env('')))).toEqual(['vm', 'vm', 'vm']);
  expect(() => loadLab(undefined, env('container'))).toThrow(
    'LAB_GUESTS is "container"; it can be vms or containers',
  );
});

test('what is deployed stays what it is for those who work with it, whatever is declared by then', () => {
  const deployed = deployedKinds(parseLab(lab, 'lab.yaml'), [{ vmid: 116, kind: 'container' }]);
  expect(kinds(deployed)).toEqual(['vm', 'container', 'vm']);
});

function faultsOf(text: string, guestKind?: 'container') {
  try {
    parseLab(text, 'lab.yaml', { ...(guestKind && { guestKind }) });
  } catch (error) {
    if (error instanceof FaultyFileError)
      return error.faults.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

test('a container of a cloud image, or with the cache mode of a disk, is refused with the reason', () => {
  const text = mixed
    .replace('source: template', 'source: cloud')
    .replace('kind: container,', 'kind: container, cache: none,');
  expect(faultsOf(text)).toEqual([
    expect.stringMatching(/^guests\[1\]\.kind: .*not of a cloud image.*images\.source: template/),
    "guests[1].cache: is of a VM's disk, and a container has none",
  ]);
  // Said of each where all of them shall be containers.
  expect(faultsOf(lab.replace('source: template', 'source: cloud'), 'container')).toHaveLength(3);
});
