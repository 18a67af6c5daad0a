/** Snapshots of guests: the same calls for virtual machines and containers, but for memory. */
import { presentContainerOption } from '../../formats/container-options';
import { presentOption } from '../../formats/guest-options';
import { type OptionValue, printOption } from '../../formats/option-values';
import { FLAG, GUEST, LINES, SNAPSHOT, SNAPSHOT_NAME } from '../../formats/parameter-types';
import type { GuestSnapshots } from '../../guests/snapshots/guest-snapshots';
import type { SnapshotRow } from '../../guests/snapshots/snapshot-config';
import type { LocalNode } from '../../node';
import { type Route, route } from '../route';

interface Kind {
  /** Of its paths. */
  readonly directory: 'qemu' | 'lxc';
  /** Begins the names of its tasks. */
  readonly prefix: 'qm' | 'vz';
  /** Can be kept with a snapshot, and which can be done with its volumes besides snapshots. */
  readonly memory: boolean;
  readonly of: (node: LocalNode) => GuestSnapshots;
  readonly present: (name: string, value: OptionValue) => string | number;
  /** What of copies the volumes allow. */
  readonly features: readonly string[];
}

const named = { ...GUEST, snapname: SNAPSHOT };
const TAKE = { path: '/vms/{vmid}', anyOf: ['VM.Snapshot'] };
const ROLL_BACK = { path: '/vms/{vmid}', anyOf: ['VM.Snapshot', 'VM.Snapshot.Rollback'] };
const SEE = { path: '/vms/{vmid}', anyOf: ['VM.Snapshot', 'VM.Snapshot.Rollback', 'VM.Audit'] };
const AUDIT = { path: '/vms/{vmid}', anyOf: ['VM.Audit'] };

function routesOf(kind: Kind): readonly Route[] {
  const { directory, prefix, memory, of } = kind;
  const guest = `/nodes/{node}/${directory}/{vmid}`;
  const path = `${guest}/snapshot/{snapname}`;
  return [
    route({
      ...{ method: 'GET', path: `${guest}/snapshot`, permission: AUDIT, parameters: GUEST },
      handle: (node, { parameters: { vmid } }) => {
        const { rows, here } = of(node).list(vmid);
        return [...rows.map((row) => shown(kind, row)), here];
      },
    }),
    route({
      ...{ method: 'POST', path: `${guest}/snapshot`, permission: TAKE },
      parameters: { ...named, description: LINES, ...(memory ? { vmstate: FLAG } : {}) },
      handle: (node, { caller, parameters }) => {
        const { vmid, snapname: name } = parameters;
        const description = kept(kind, parameters.description);
        const worker = of(node).take(vmid, { name, description, memory: parameters.vmstate === true });
        return node.tasks.run(`${prefix}snapshot`, String(vmid), caller, worker);
      },
    }),
    route({
      ...{ method: 'GET', path, permission: 'authenticated', parameters: named },
      handle: () => [{ cmd: 'rollback' }, { cmd: 'config' }],
    }),
    route({
      ...{ method: 'DELETE', path, permission: TAKE, parameters: { ...named, force: FLAG } },
      handle: (node, { caller, parameters: { vmid, snapname, force } }) => {
        const worker = of(node).remove(vmid, snapname, force === true);
        return node.tasks.run(`${prefix}delsnapshot`, String(vmid), caller, worker);
      },
    }),
    route({
      ...{ method: 'GET', path: `${path}/config`, permission: SEE, parameters: named },
      handle: (node, { parameters: { vmid, snapname } }) => {
        const values = [...of(node).config(vmid, snapname)];
        return Object.fromEntries(values.map(([name, value]) => [name, kind.present(name, value)]));
      },
    }),
    route({
      ...{ method: 'PUT', path: `${path}/config`, permission: TAKE },
      parameters: { ...named, description: LINES },
      handle: (node, { parameters: { vmid, snapname, description } }) =>
        of(node).describe(vmid, snapname, kept(kind, description)),
    }),
    route({
      ...{ method: 'POST', path: `${path}/rollback`, permission: ROLL_BACK },
      parameters: { ...named, start: FLAG },
      handle: (node, { caller, parameters: { vmid, snapname, start } }) => {
        const worker = of(node).rollBack(vmid, snapname);
        return node.tasks.run(`${prefix}rollback`, String(vmid), caller, async (context) => {
          await worker(context);
          // By a task of its own, as on Proxmox VE.
          if (start === true) of(node).startAfter(vmid, caller);
        });
      },
    }),
    route({
      ...{ method: 'GET', path: `${guest}/feature`, permission: AUDIT },
      parameters: {
        ...GUEST,
        feature: { type: 'string', enum: ['snapshot', 'clone', 'copy'] },
        snapname: SNAPSHOT_NAME,
      },
      handle: (node, { parameters: { vmid, feature, snapname } }) => {
        const available = of(node).available(vmid, snapname);
        const has = feature === 'snapshot' ? available : kind.features.includes(feature);
        return { hasFeature: has ? 1 : 0, ...(memory ? { nodes: [node.name] } : {}) };
      },
    }),
  ];
}

/** A container's description ends its last line where it is shown, as all of them do. */
function kept({ memory }: Kind, description: string | undefined): string | undefined {
  return memory ? description : description?.replace(/\n$/, '');
}

function shown(kind: Kind, { vmstate, description, ...row }: SnapshotRow): object {
  const text = description === '' ? '' : kind.present('description', description);
  return { ...row, description: text, ...(kind.memory ? { vmstate } : {}) };
}

export const machineSnapshotRoutes = routesOf({
  ...{ directory: 'qemu', prefix: 'qm', memory: true },
  of: (node) => node.guests.snapshots,
  present: presentOption,
  features: ['copy'],
});

export const containerSnapshotRoutes = routesOf({
  ...{ directory: 'lxc', prefix: 'vz', memory: false },
  of: (node) => node.guests.containers.snapshots,
  present: (name, value) => presentContainerOption(name, printOption(value)),
  features: ['copy'],
});
