import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import {
  CONFIG_PRIVILEGES,
  isCloudInitOption,
  OPTION_PARAMETERS,
  presentOption,
} from '../../formats/guest-options';
import { printOption } from '../../formats/option-values';
import { FLAG, GUEST, GUEST_DIGEST, STORAGE_ID, TEXT } from '../../formats/parameter-types';
import { cloudInitFiles, withNameserver } from '../../guests/cloud-init';
import { type ConfigChange, checkNames, checkState } from '../../guests/config-change';
import type { LocalNode } from '../../node';
import { listed, optionsOf, pendingRows } from '../guest-options';
import { type CallOf, type Route, route } from '../route';

const AUDIT = { path: '/vms/{vmid}', anyOf: ['VM.Audit'] };
const DISK_CHANGE = { path: '/vms/{vmid}', anyOf: ['VM.Config.Disk'] };

const CHANGE = {
  ...OPTION_PARAMETERS,
  ...GUEST,
  delete: TEXT,
  revert: TEXT,
  digest: GUEST_DIGEST,
  skiplock: FLAG,
  force: { ...FLAG, requires: 'delete' },
} as const;

function changeOf(node: LocalNode, { caller, parameters }: CallOf<typeof CHANGE>): ConfigChange {
  const change = {
    set: optionsOf(parameters),
    delete: listed(parameters.delete),
    revert: listed(parameters.revert),
    skipLock: parameters.skiplock === true,
    force: parameters.force === true,
    digest: parameters.digest,
  };
  checkNames(change);
  const { values, pending } = node.guests.store.get(parameters.vmid);
  const touched = new Set([...change.set.keys(), ...change.delete, ...change.revert]);
  const before = new Map([...values, ...pending]);
  node.guests.optionAccess.checkChange(caller, parameters.vmid, touched, before, change.set);
  node.guests.volumeAccess.checkOptions(caller, parameters.vmid, change.set);
  return change;
}

function cloudInitState(node: LocalNode, vmid: number): object[] {
  const { values, cloudInitOnDrive } = node.guests.store.get(vmid);
  const keys = new Set([...values.keys(), ...cloudInitOnDrive.keys()].filter(isCloudInitOption));
  return [...keys]
    .filter((key) => !key.startsWith('ipconfig'))
    .map((key) => {
      const now = values.get(key);
      const onDrive = cloudInitOnDrive.has(key) ? cloudInitOnDrive.get(key) : now;
      return {
        key,
        value: onDrive ? presentOption(key, onDrive) : undefined,
        pending: now !== undefined && onDrive !== now ? presentOption(key, now) : undefined,
        delete: now === undefined ? 1 : undefined,
      };
    });
}

async function dumpCloudInit(node: LocalNode, vmid: number, type: string): Promise<string> {
  const values = withNameserver(node.guests.changes.shown(vmid, false).values, node.guests.nameserver());
  values.delete('cicustom'); // shown is what the node generates
  const files = await cloudInitFiles(vmid, values, (volid) => node.storage.readSnippet(volid));
  const file = { user: 'user-data', network: 'network-config', meta: 'meta-data' }[type] ?? 'user-data';
  return files[file] ?? '';
}

/** A guest's configuration and disks. */
export const qemuConfigRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/config',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/config', 'current', 'snapshot'),
    handle: (node, { parameters }) => {
      const { vmid, current, snapshot } = parameters;
      const { values: now, digest } = node.guests.changes.shown(vmid, current === true);
      const values = snapshot === undefined ? now : node.guests.snapshots.config(vmid, snapshot);
      const shown = [...values].map(([name, value]) => [name, presentOption(name, value)]);
      return { ...Object.fromEntries(shown), digest };
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/config',
    permission: { path: '/vms/{vmid}', anyOf: CONFIG_PRIVILEGES },
    parameters: CHANGE,
    handle: (node, call) =>
      node.guests.changes.update(call.parameters.vmid, changeOf(node, call), () => undefined),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/config',
    permission: { path: '/vms/{vmid}', anyOf: CONFIG_PRIVILEGES },
    parameters: { ...CHANGE, background_delay: { type: 'integer', optional: true, minimum: 1, maximum: 30 } },
    handle: async (node, call) => {
      const { vmid, background_delay: delay } = call.parameters;
      const change = changeOf(node, call);
      node.guests.changes.check(change);
      checkState(change, node.guests.store.get(vmid));
      const upid = node.tasks.run('qmconfig', String(vmid), call.caller, async ({ log }) => {
        const what = [...change.set].map(
          ([name, value]) => ` -${name} ${name === 'cipassword' ? '***' : printOption(value)}`,
        );
        log(
          `update VM ${vmid}:${what.join('')}${change.delete.length > 0 ? ` -delete ${change.delete.join(',')}` : ''}`,
        );
        await node.guests.changes.update(vmid, change, log);
      });
      if (delay === undefined) return upid;
      // With a delay the caller wants no task to look at, if the work is done by then.
      const { exitStatus } = await node.tasks.wait(upid, delay);
      if (exitStatus === undefined) return upid;
      if (exitStatus !== 'OK') throw new ApiError(500, `failed to update VM ${vmid}: ${exitStatus}`);
      return undefined;
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/pending',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/pending'),
    handle: (node, { parameters }) => {
      const vmid = parameters.vmid;
      const { digest } = node.guests.changes.shown(vmid, true);
      return pendingRows(node.guests.store.get(vmid), digest, presentOption);
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/cloudinit',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/cloudinit'),
    handle: (node, { parameters }) => cloudInitState(node, parameters.vmid),
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/cloudinit',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Config.Cloudinit'] },
    parameters: parametersOf('PUT /nodes/{node}/qemu/{vmid}/cloudinit'),
    handle: (node, { parameters }) => {
      const vmid = parameters.vmid;
      return node.guests.locks.exclusive(vmid, () =>
        node.guests.power.writeCloudInit(vmid, node.guests.store.get(vmid), () => undefined),
      );
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/cloudinit/dump',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/cloudinit/dump', 'type'),
    handle: (node, { parameters }) => dumpCloudInit(node, parameters.vmid, parameters.type),
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/resize',
    permission: DISK_CHANGE,
    parameters: {
      ...parametersOf('PUT /nodes/{node}/qemu/{vmid}/resize', 'disk', 'digest', 'skiplock'),
      size: { type: 'string', pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ },
    },
    handle: (node, { caller, parameters }) => {
      const { vmid, disk, size, digest, skiplock } = parameters;
      node.guests.volumeAccess.checkResize(caller, vmid, disk);
      return node.tasks.run('resize', String(vmid), caller, ({ log }) =>
        node.guests.diskTasks.resize(vmid, disk, size, log, { digest, skipLock: skiplock === true }),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/move_disk',
    permission: DISK_CHANGE,
    parameters: {
      ...parametersOf('POST /nodes/{node}/qemu/{vmid}/move_disk', 'disk', 'delete', 'digest'),
      storage: STORAGE_ID,
      format: { type: 'string', optional: true, enum: ['raw', 'qcow2'] },
    },
    handle: (node, { caller, parameters }) => {
      const vmid = parameters.vmid;
      node.guests.volumeAccess.checkAllocate(caller, parameters.storage);
      const to = {
        storage: parameters.storage,
        removeSource: parameters.delete === true,
        format: parameters.format,
      };
      const { disk, digest } = parameters;
      const worker = node.guests.diskTasks.move(vmid, disk, to, { digest });
      return node.tasks.run('qmmove', String(vmid), caller, worker);
    },
  }),
];
