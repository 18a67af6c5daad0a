import type { Lab } from '../../config/lab';
import type { SshTarget } from '../../config/target';
import { NodeShell } from '../node-shell';
import { containerRights, deployRights, measuringRights } from '../sudo-rights';
import type { HostFacts } from './node-facts';

/** One login, one command: it prints a line for each thing that is so. Runs as the user of the login. */
const PROBE = `
directory=$1; shift
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
set -f
uid=$(id -u)
echo "uid $uid"
echo "name $(uname -n)"
[ -d /etc/pve/nodes ] && echo proxmox
[ -e /dev/kvm ] && echo kvm
virtual=$(systemd-detect-virt --vm 2>/dev/null) && echo "virtual $virtual"
for program in flock ip tc nft python3 chromium; do
  command -v "$program" >/dev/null && echo "program $program"
done
[ -d "$directory" ] && echo exists
[ -w "$directory" ] && echo writable
# Root, and sudo, may write all but this.
case ",$(findmnt --noheadings --output OPTIONS --target "$directory" 2>/dev/null)," in *,ro,*) echo read-only ;; esac
[ "$uid" = 0 ] || for right; do
  sudo -n -l $right >/dev/null 2>&1 && echo "sudo $right"
done
exit 0
`;

/** The command that asks a host; `directory` is where snippets are kept. */
export function hostProbe(directory: string, lab: Lab): readonly string[] {
  const rights = [...deployRights(directory), ...containerRights(lab), ...measuringRights(lab)];
  return ['sh', '-c', PROBE, 'probe', directory, ...rights.map(({ example }) => example)];
}

export function parseHost(text: string, directory: string): HostFacts {
  const lines = text.trim().split('\n');
  const all = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const [uid, name, virtual] = ['uid', 'name', 'virtual'].map((key) => all(key)[0]);
  if (uid === undefined || name === undefined)
    throw new Error('the host answers something else than was asked');
  return {
    uid: Number(uid),
    name: name.split('.')[0] ?? '',
    isProxmox: lines.includes('proxmox'),
    hasKvm: lines.includes('kvm'),
    virtual,
    programs: new Set(all('program')),
    snippets: {
      directory,
      exists: lines.includes('exists'),
      writable: lines.includes('writable'),
      readOnly: lines.includes('read-only'),
    },
    sudo: new Set(all('sudo')),
  };
}

/** Throws ShellConnectionError where host, key or login is wrong. */
export async function readHost(
  ssh: SshTarget,
  lab: Lab,
  directory: Promise<string>,
  seconds: number,
): Promise<HostFacts> {
  const shell = await NodeShell.connect(ssh, seconds);
  try {
    const place = await directory;
    const { stdout } = await shell.runAsLogin(hostProbe(place, lab), { timeoutSeconds: seconds });
    return parseHost(stdout, place);
  } finally {
    shell.close();
  }
}
