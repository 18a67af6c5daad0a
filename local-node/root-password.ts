import { readTarget } from '../config/load-target';
import type { Environment } from '../config/paths';
import type { ConnectionFile } from '../config/target';
import { ApiClient } from '../proxmox/api-client';

/** Sets the password of root@pam on the local node that is up, for logging in to its page or its API. Throws ApiError. */
export async function setRootPassword(
  env: Environment,
  { nodeName }: ConnectionFile,
  password: string,
): Promise<void> {
  const client = new ApiClient(readTarget({ ...env, PROXMOX_VE_ENDPOINT: undefined }, nodeName));
  try {
    await client.put('access/password', { userid: 'root@pam', password });
  } finally {
    await client.close();
  }
}
