import { FaultyFileError } from '../../config/faulty-file';
import { parseLab } from '../../config/lab-file';
import { type Draft, labWith, textWith } from '../stacks/synthesized';

const directory = { type: 'directory', content: ['images', 'import', 'snippets'] };

function faultsOf(change: (draft: Draft) => void, onlyNode = false): string {
  try {
    parseLab(textWith(change), 'lab.yaml', { onlyNode });
  } catch (fault) {
    if (fault instanceof FaultyFileError) return fault.message;
    throw fault;
  }
  return '';
}

test('a lab declares storages and names them like any other', () => {
  const lab = labWith((draft) => {
    draft.storages = { fast: directory };
    draft.storage = { disks: 'fast', images: 'fast', snippets: 'fast' };
  });
  expect(lab.storages?.fast).toEqual(directory);
});

test('each type of storage needs its own fields and no others, all named at once', () => {
  const faults = faultsOf((draft) => {
    draft.storages = {
      far: { type: 'nfs', content: ['images'], path: '/x' },
      thin: { type: 'lvmthin', content: ['images', 'snippets'] },
      pool: { type: 'zfspool', content: ['images'], zfsPool: 'tank/lab' },
    };
  });
  expect(faults).toMatch(/storages\.far\.server: is missing/);
  expect(faults).toMatch(/storages\.far\.export: is missing/);
  expect(faults).toMatch(/storages\.far\.path: is of another type of storage than nfs/);
  expect(faults).toMatch(/storages\.thin\.volumeGroup: is missing/);
  expect(faults).toMatch(/storages\.thin\.thinPool: is missing/);
  expect(faults).toMatch(/storages\.thin\.content: .*holds disks .* and no files/);
  expect(faults).not.toContain('pool');
});

test('a declared storage must take what the lab keeps there', () => {
  const faults = faultsOf((draft) => {
    draft.storages = { fast: { ...directory, content: ['images'] } };
    draft.storage = { disks: 'fast', images: 'fast', snippets: 'local' };
  });
  expect(faults).toMatch(/storages\.fast\.content: lacks import, which the lab keeps there/);
});

test('on the local node a storage is a directory, and none that it has by itself', () => {
  const change = (draft: Draft) => {
    draft.storages = {
      far: { type: 'nfs', content: ['iso'], server: '192.0.2.9', export: '/x' },
      local: { ...directory, content: ['import', 'snippets'] },
    };
  };
  const faults = faultsOf(change, true);
  expect(faults).toMatch(/storages\.far\.type: nfs is not on the local node, which .* mounts nothing/);
  expect(faults).toMatch(/storages\.local\.type: local is a storage that the local node has by itself/);
  expect(faultsOf(change)).toBe('');
});
