import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyFileError } from '../../config/faulty-file';
import { kernelHasVlans, whyNoVlans } from '../../config/kernel-vlans';
import { parseLab } from '../../config/lab-file';
import { type Draft, labWith, textWith } from '../stacks/synthesized';

function faultsOf(change: (draft: Draft) => void, onlyNode = false): string {
  try {
    parseLab(textWith(change), 'lab.yaml', { onlyNode });
  } catch (fault) {
    if (fault instanceof FaultyFileError) return fault.message;
    throw fault;
  }
  return '';
}

const tagged = (draft: Draft) => {
  draft.networks.servers.vlanAware = true;
  for (const guest of draft.guests) guest.vlan = 10;
};

test('guests of a network that knows VLANs may be in one', () => {
  expect(labWith(tagged).guests.map(({ vlan }) => vlan)).toEqual([10, 10, 10]);
});

test('a tag needs a bridge that knows VLANs, and all guests have the same, because they have one gateway', () => {
  const plain = faultsOf((draft) => Object.assign(draft.guests[0] ?? {}, { vlan: 10 }));
  expect(plain).toMatch(/guests\[0\]\.vlan: needs .* vlanAware: true of networks\.servers/);
  const mixed = faultsOf((draft) => {
    tagged(draft);
    Object.assign(draft.guests[1] ?? {}, { vlan: 20 });
    delete draft.guests[2]?.vlan;
  });
  expect(mixed).toMatch(/guests\[1\]\.vlan: must be that of the first guest \(10\)/);
  expect(mixed).toMatch(/guests\[2\]\.vlan: must be that of the first guest \(10\)/);
});

test('on the local node VLANs are refused with the reason before anything is touched', () => {
  const faults = faultsOf((draft) => {
    tagged(draft);
    draft.networks.clients.vlanAware = true;
  }, true);
  for (const place of ['networks.servers.vlanAware', 'networks.clients.vlanAware', 'guests[0].vlan']) {
    expect(faults).toContain(`${place}: cannot be had: ${whyNoVlans()}`);
  }
});

test('the reason is the kernel where it has no VLANs, loaded, built in or to be loaded', () => {
  const modules = mkdtempSync(join(tmpdir(), 'modules-'));
  try {
    const has = () => kernelHasVlans(modules, join(modules, 'loaded'));
    expect(has()).toBe(false);
    expect(whyNoVlans(false)).toContain('the kernel of this machine has no VLANs');
    writeFileSync(join(modules, 'modules.dep'), 'kernel/net/8021q/8021q.ko.zst: kernel/net/802/mrp.ko.zst\n');
    expect(has()).toBe(true);
    writeFileSync(join(modules, 'modules.dep'), '');
    mkdirSync(join(modules, 'loaded'));
    expect(has()).toBe(true);
    expect(whyNoVlans(true)).not.toContain('kernel');
  } finally {
    rmSync(modules, { recursive: true });
  }
});
