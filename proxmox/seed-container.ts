import type { Guest } from '../config/lab';
import { hasTag } from '../config/lab-identity';
import type { ApiClient } from './api-client';
import { ContainerAccess } from './container-access';
import { guestPath } from './guest-access';
import type { Shell } from './node-shell';

/** Where cloud-init looks for a seed, in the container. */
const SEED = '/var/lib/cloud/seed/nocloud';

/**
 * On the node: puts the files that it reads (JSON, text by name) into the root file system of a container that does not run,
 * owned by the container's root. No link is followed on the way, since all of this is done as the node's root.
 */
const PUT_SEED = `import json, os, subprocess, sys
vmid, path = sys.argv[1:]
files = json.load(sys.stdin)
# A hook that was cut off has left it mounted.
subprocess.run(['pct', 'unmount', vmid], capture_output=True)
mounted = subprocess.run(['pct', 'mount', vmid], capture_output=True, text=True)
if mounted.returncode:
    sys.exit(mounted.stderr.strip() or f'pct mount {vmid} failed')
try:
    # mounted CT 129 in '/var/lib/lxc/129/rootfs'
    at = os.open(mounted.stdout.split("'")[1], os.O_PATH | os.O_DIRECTORY)
    owner = os.fstat(at)
    for name in path.strip('/').split('/'):
        try:
            os.mkdir(name, 0o755, dir_fd=at)
            os.chown(name, owner.st_uid, owner.st_gid, dir_fd=at, follow_symlinks=False)
        except FileExistsError:
            pass
        above, at = at, os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
        os.close(above)
    for name, text in files.items():
        new = os.open(name + '.new', os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=at)
        with open(new, 'w') as file:
            file.write(text)
            os.fchown(new, owner.st_uid, owner.st_gid)
            file.flush()
            os.fsync(new)
        os.rename(name + '.new', name, src_dir_fd=at, dst_dir_fd=at)
finally:
    # What is still open in it would keep it mounted.
    if 'at' in globals():
        os.close(at)
    left = subprocess.run(['pct', 'unmount', vmid], capture_output=True, text=True)
if left.returncode:
    sys.exit(left.stderr.strip() or f'pct unmount {vmid} failed')
`;

/**
 * Gives a container its cloud-init seed, by name and text, before its first start, and starts it; Proxmox VE hands no user
 * data to containers. One that runs with another seed, or with none, is stopped for it; one that has it is only started.
 * Throws where the container lacks the tag: then it is not the lab's, and is not touched.
 */
export async function seedContainer(
  client: ApiClient,
  shell: Shell,
  guest: Pick<Guest, 'kind' | 'vmid' | 'node' | 'name'>,
  { files, tag }: { readonly files: Readonly<Record<string, string>>; readonly tag: string },
): Promise<void> {
  const path = (rest: string) => guestPath(client, guest, rest);
  const { tags } = await client.get<{ tags?: string }>(path('config'));
  if (!hasTag(tags, tag)) {
    throw new Error(`container ${guest.vmid} lacks the tag ${tag}: it is not the lab's, and was not touched`);
  }
  const { status } = await client.get<{ status: string }>(path('status/current'));
  if (status === 'running') {
    if (await holdsSeed(new ContainerAccess(shell, guest), files)) return;
    await client.wait(await client.post<string>(path('status/stop')));
  }
  await shell.run(['python3', '-ISc', PUT_SEED, String(guest.vmid), SEED], { stdin: JSON.stringify(files) });
  await client.wait(await client.post<string>(path('status/start')));
}

async function holdsSeed(access: ContainerAccess, files: Readonly<Record<string, string>>): Promise<boolean> {
  for (const [name, text] of Object.entries(files)) {
    if ((await access.readFile(`${SEED}/${name}`)) !== text) return false;
  }
  return true;
}
