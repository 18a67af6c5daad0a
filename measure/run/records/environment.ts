import { z } from 'zod';
import { type RecordOf, record, time } from './fields';

export const environmentRecord = record({
  target: z.enum(['local', 'proxmox']).describe('The embedded local node, or a Proxmox VE node.'),
  acceleration: z
    .enum(['kvm', 'tcg', 'simulated', 'native'])
    .nullable()
    .describe(
      'What ran the guests: KVM, emulation (TCG), nothing, or native where all of them are containers; of a mixed lab what ran its VMs; null = not known.',
    ),
  facts: z
    .record(z.string(), z.union([z.string(), z.number(), z.null()]))
    .describe(
      'Facts by name: CPU model, CPUs, kernel, QEMU, Proxmox VE, governor, versions of this project and the tools.',
    ),
  guestTools: z
    .record(z.string(), z.record(z.string(), z.string().nullable()))
    .optional()
    .describe(
      "Versions of the benchmarks' packages in each guest by name, null = it lacks it; absent without benchmarks.",
    ),
  templatePackages: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Versions of all packages of the guests' template by name; absent without a template, where it was not known, and in older runs.",
    ),
}).describe('What the run was made on.');

export const destroyedRecord = z
  .array(
    record({
      guest: z.string().describe('Name of the guest.'),
      startedAt: time
        .nullable()
        .describe("Whole seconds, by the node's task log; null = it has no such task."),
      endedAt: time.nullable().describe('As startedAt.'),
    }),
  )
  .describe('How the guests of the lab were destroyed, after the run; absent where the lab was kept.');

export type Environment = RecordOf<typeof environmentRecord>;
export type DestroyedGuest = RecordOf<typeof destroyedRecord>[number];
