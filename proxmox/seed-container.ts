import type { Guest } from '../config/lab';
import { hasTag } from '../config/lab-identity';
import type { ApiClient } from './api-client';
import { ContainerAccess } from './container-access';
import { guestPath } from './guest-access';
import type { Shell } from './node-shell';

/** Where cloud-init looks for a seed, in the container. */
const SEED = '/var/lib/cloud/seed/nocloud';

/**
 * On the node: puts the files of an archive (standard input) into the root file system of a container that does not run,
 * owned by the container's root. A path that leads elsewhere over a link is refused, since all of this is done as root.
 */
const PUT_SEED = `set -eu
root=/var/lib/lxc/$1/rootfs
seed=$root${SEED}
# A hook that was cut off has left it mounted.
pct unmount "$1" >/dev/null 2>&1 || true
pct mount "$1" >/dev/null
trap 'pct unmount "$1"' EXIT
if [ "$(realpath -m "$seed")" != "$seed" ]; then echo "$seed leads elsewhere" >&2; exit 1; fi
mkdir -p "$seed"
while IFS= read -r name && IFS= read -r text; do
  printf %s "$text" | base64 -d >"$seed/$name.new"
  mv "$seed/$name.new" "$seed/$name"
done
chown -R --no-dereference --reference="$root/var/lib" "$root/var/lib/cloud"
sync -f "$seed"
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
  const lines = Object.entries(files).flatMap(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  await shell.run(['sh', '-c', PUT_SEED, 'sh', String(guest.vmid)], { stdin: `${lines.join('\n')}\n` });
  await client.wait(await client.post<string>(path('status/start')));
}

async function holdsSeed(access: ContainerAccess, files: Readonly<Record<string, string>>): Promise<boolean> {
  for (const [name, text] of Object.entries(files)) {
    if ((await access.readFile(`${SEED}/${name}`)) !== text) return false;
  }
  return true;
}
