import type { Lab } from '../config/lab';

/**
 * What runs as root over SSH, as a login that is not root needs it from sudo, without a password. A right is a command
 * as sudo's own list has it: with arguments where they are always the same.
 */

/** Of the deploy: the provider asks for sudo, and writes snippets. `directory`: where the storage keeps them; their names begin with the tag of the lab. */
export function snippetRights(directory: string): readonly string[] {
  return ['/usr/sbin/pvesm apiinfo', `/usr/bin/tee ${directory}/lab-*`];
}

/** Programs that measuring runs as root on the node. With them its user may do there all that root may. */
export function measuringRights(lab: Pick<Lab, 'networks'>): readonly string[] {
  const lossy = lab.networks.clients.lossPercent !== undefined;
  return [
    ...[
      '/usr/bin/cat',
      '/usr/bin/date',
      '/usr/bin/flock',
      '/usr/bin/mkdir',
      '/usr/bin/python3',
      '/usr/bin/rm',
    ],
    ...['/usr/bin/tee', '/usr/bin/touch', '/usr/sbin/ip', '/usr/sbin/tc'],
    ...(lossy ? ['/usr/sbin/nft'] : []),
  ];
}
