import { ask } from './api.mjs';

/** @typedef {'kvm' | 'tcg' | 'simulated'} Acceleration */
/** @typedef {{ name: string, acceleration: Acceleration }} Node */

/** @type {Promise<Node> | undefined} */
let known;

/** What the node is; it does not change while it is up.
 * @returns {Promise<Node>} */
export async function node() {
  known ??= ask('/node');
  try {
    return await known;
  } catch (fault) {
    known = undefined;
    throw fault;
  }
}

/** @typedef {'qemu' | 'lxc'} Kind a virtual machine or a container, as in the API's paths */

/**
 * A guest's path in the API.
 * @param {string} vmid
 */
export async function ofGuest(vmid) {
  /** @type {{ kind: Kind }} */
  const { kind } = await ask(`/guests/${vmid}`);
  return ofNode(`/${kind}/${vmid}`);
}

/**
 * A path of the node's part of the API.
 * @param {string} rest for example /qemu
 */
export async function ofNode(rest) {
  return `/nodes/${(await node()).name}${rest}`;
}
