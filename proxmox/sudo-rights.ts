import type { Lab } from '../config/lab';

/** What runs as root over SSH, as a login that is not root needs it from sudo, without a password. */
export interface SudoRight {
  /** As a sudoers file has it. */
  readonly rule: string;
  /** A command of that kind, for asking sudo whether it would run it. */
  readonly example: string;
  readonly why: string;
}

/**
 * Of the deploy: the provider asks for sudo, and writes snippets. Their names begin with the tag of the lab. The rule is a
 * regular expression (sudo 1.9.10, Debian 12): a `*` there would match blanks and slashes too, and with them other files.
 */
export function deployRights(directory: string): readonly SudoRight[] {
  const name = '/usr/bin/tee';
  return [
    only('/usr/sbin/pvesm apiinfo', 'the provider asks whether it may use sudo'),
    {
      rule: `${name} ^${directory.replace(/[.+()[\]{}^$|?*]/g, '[$&]')}/lab-[a-z0-9-]+[.]yaml$`,
      example: `${name} ${directory}/lab-0a1b2c3d-check.yaml`,
      why: 'the provider writes snippets',
    },
  ];
}

/** Of the deploy of containers: their cloud-init data are put into their root file systems, and they are asked by `pct exec`. */
export function containerRights({ guests }: Pick<Lab, 'guests'>): readonly SudoRight[] {
  if (guests.every(({ kind }) => kind === 'vm')) return [];
  return [
    only('/usr/sbin/pct', 'containers are asked whether they are ready'),
    only('/usr/bin/python3', 'containers get their cloud-init data'),
  ];
}

/** Programs that measuring runs as root on the node. Whoever may run them there may do all that root may. */
export function measuringRights(lab: Pick<Lab, 'networks' | 'guests'>): readonly SudoRight[] {
  const lossy = lab.networks.clients.lossPercent !== undefined;
  return [
    only('/usr/bin/python3', 'captures, readers, figures of processes'),
    only('/usr/sbin/ip', "the clients' networks"),
    only('/usr/sbin/tc', 'shaped links'),
    ...(lab.guests.some(({ kind }) => kind === 'container')
      ? [only('/usr/sbin/pct', 'what runs in containers')]
      : []),
    ...(lossy ? [only('/usr/sbin/nft', 'links that lose packets')] : []),
    ...['flock', 'mkdir'].map((name) => only(`/usr/bin/${name}`, 'one measurement at a time')),
    ...['cat', 'rm', 'tee', 'touch'].map((name) =>
      only(`/usr/bin/${name}`, 'forwarding between the networks'),
    ),
    only('/usr/bin/timeout', 'the server of the benchmarks of the network'),
    only('/usr/bin/date', "the node's clock"),
  ];
}

function only(command: string, why: string): SudoRight {
  return { rule: command, example: command, why };
}
