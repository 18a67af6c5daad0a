import type * as provider from '../../stacks/provider';
import { labWith, synthesizedText } from './synthesized';

/** As stacks/provider.ts will export them of the provider's 1.0. */
jest.mock('../../stacks/provider', () => {
  const real = jest.requireActual<typeof provider>('../../stacks/provider');
  class Vm extends real.VirtualEnvironmentVm {
    override readonly terraformResourceType = 'proxmox_vm';
  }
  class File extends real.VirtualEnvironmentFile {
    override readonly terraformResourceType = 'proxmox_file';
  }
  return { ...real, VirtualEnvironmentVm: Vm, VirtualEnvironmentFile: File };
});

interface Synthesized {
  readonly resource: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly moved: readonly { readonly from: string; readonly to: string }[];
}

test("under the short names of the provider's 1.0 each guest and file is moved from its former name, and nothing else", () => {
  const { resource, moved } = JSON.parse(synthesizedText(labWith())) as Synthesized;
  const named = (type: string) => Object.keys(resource[type] ?? {});
  expect(named('proxmox_virtual_environment_vm')).toEqual([]);
  expect(named('proxmox_vm')).toHaveLength(3);
  const wanted = ['vm', 'file'].flatMap((kind) =>
    named(`proxmox_${kind}`).map((name) => ({
      from: `proxmox_virtual_environment_${kind}.${name}`,
      to: `proxmox_${kind}.${name}`,
    })),
  );
  const order = (a: { to: string }, b: { to: string }) => a.to.localeCompare(b.to);
  expect([...moved].sort(order)).toEqual(wanted.sort(order));
});
