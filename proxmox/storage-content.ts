import type { ApiClient } from './api-client';

/**
 * Lets a storage of the node accept further types of content; what it accepts already stays. Proxmox VE makes the
 * directories of new types when it next activates the storage, as it does for whoever asks its status: snippets go there
 * over SSH, which makes none. `nodeName` undefined = the lab's own. Returns the types that it did not accept before.
 */
export async function allowContent(
  api: Pick<ApiClient, 'get' | 'put' | 'node'>,
  storage: string,
  wanted: readonly string[],
  nodeName?: string,
): Promise<readonly string[]> {
  const id = encodeURIComponent(storage);
  const { content } = await api.get<{ content?: string }>(`storage/${id}`);
  const accepted = (content ?? '').split(',').filter(Boolean);
  const missing = wanted.filter((type) => !accepted.includes(type));
  if (missing.length > 0) await api.put(`storage/${id}`, { content: [...accepted, ...missing].join(',') });
  await api.get(api.node(`storage/${id}/status`, nodeName));
  return missing;
}
