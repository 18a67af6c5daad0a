import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import {
  CONTAINER_CONFIG_PRIVILEGES,
  CONTAINER_OPTIONS,
  isContainerOption,
  presentContainerOption,
  REFUSED_CONTAINER_OPTIONS,
} from '../../formats/container-options';
import { parseSize } from '../../formats/drive';
import { type OptionValue, printOption } from '../../formats/option-values';
import { GUEST, GUEST_DIGEST, TEXT } from '../../formats/parameter-types';
import { MISSING } from '../../formats/property-string';
import { type ConfigChange, checkNames } from '../../guests/config-change';
import type { LocalNode } from '../../node';
import { listed, pendingRows } from '../guest-options';
import { type CallOf, type Route, route } from '../route';
import { containerOptions } from './lxc-options';

const AUDIT = { path: '/vms/{vmid}', anyOf: ['VM.Audit'] };

const CHANGE = {
  ...CONTAINER_OPTIONS,
  ...REFUSED_CONTAINER_OPTIONS,
  ...GUEST,
  delete: TEXT,
  revert: TEXT,
  digest: GUEST_DIGEST,
} as const;

const present = (name: string, value: OptionValue) => presentContainerOption(name, printOption(value));

function changeOf(node: LocalNode, { caller, parameters }: CallOf<typeof CHANGE>): ConfigChange {
  const change = {
    set: containerOptions(parameters),
    delete: listed(parameters.delete),
    revert: listed(parameters.revert),
    digest: parameters.digest,
  };
  checkNames(change, isContainerOption);
  const { values, pending } = node.guests.containers.store.get(parameters.vmid);
  const touched = new Set([...change.set.keys(), ...change.delete, ...change.revert]);
  const before = new Map([...values, ...pending]);
  node.guests.containerAccess.check(caller, [`/vms/${parameters.vmid}`], touched, before, change.set);
  return change;
}

/** A container's configuration and root file system. */
export const lxcConfigRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/config',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/lxc/{vmid}/config', 'current', 'snapshot'),
    handle: (node, { parameters: { vmid, current, snapshot } }) => {
      const { snapshots, changes } = node.guests.containers;
      const { values: now, digest } = changes.shown(vmid, current === true);
      const values = snapshot === undefined ? now : snapshots.config(vmid, snapshot);
      return {
        ...Object.fromEntries([...values].map(([name, value]) => [name, present(name, value)])),
        digest,
      };
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/lxc/{vmid}/config',
    permission: { path: '/vms/{vmid}', anyOf: CONTAINER_CONFIG_PRIVILEGES },
    parameters: CHANGE,
    handle: (node, call) => node.guests.containers.changes.update(call.parameters.vmid, changeOf(node, call)),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/pending',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/lxc/{vmid}/pending'),
    handle: (node, { parameters: { vmid } }) => {
      const { digest } = node.guests.containers.changes.shown(vmid, true);
      return pendingRows(node.guests.containers.store.get(vmid), digest, present);
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/lxc/{vmid}/resize',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Config.Disk'] },
    parameters: {
      ...parametersOf('PUT /nodes/{node}/lxc/{vmid}/resize', 'disk', 'digest'),
      size: { type: 'string', pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ },
    },
    handle: (node, { caller, parameters: { vmid, disk, size, digest } }) => {
      const { changes, volumes } = node.guests.containers;
      const root = changes.rootOf(vmid, digest);
      if (disk !== 'rootfs') throw missingVolume();
      node.guests.volumeAccess.checkAllocate(caller, volumes.of(root.volume).storage.id);
      const wanted = parseSize(size.replace(/^\+/, '')) + (size.startsWith('+') ? root.size : 0);
      if (wanted < root.size) throw new ApiError(500, 'unable to shrink disk size');
      return node.tasks.run('resize', String(vmid), caller, async ({ log }) => {
        await changes.resize(vmid, wanted);
        log('Image resized.');
      });
    },
  }),
];

/** Proxmox VE's words for a mount point that is not there. */
function missingVolume(): ApiError {
  return new ApiError(500, 'format error', { volume: MISSING, mp: MISSING });
}
