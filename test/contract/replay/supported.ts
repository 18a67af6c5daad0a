import { Router } from '../../../local-node/api/router';
import { routes } from '../../../local-node/api/routes';
import type { RecordedCall } from './recording';

const router = new Router(routes);

/**
 * Has the local node this method and path? One that Proxmox VE has not either is asked all the same: its refusal is an
 * answer that can be compared.
 */
export function isSupported({ method, path, status }: RecordedCall): boolean {
  const segments = path
    .replace(/^\/api2\/\w+/, '')
    .replace(/\?.*$/, '')
    .split('/')
    .filter(Boolean);
  return status === 501 || router.find(method, segments.map(decoded)) !== undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
