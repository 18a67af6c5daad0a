import { agentRoutes } from './agent';
import { clusterResourcesRoutes } from './cluster-resources';
import { poolsRoutes } from './pools';
import { qemuRoutes } from './qemu';
import { qemuStatusRoutes } from './qemu-status';
import type { Route } from './route';
import { storageRoutes } from './storage';

/** Every method of the API that the local node supports; anything else answers 501. */
export const routes: readonly Route[] = [
  ...storageRoutes,
  ...qemuRoutes,
  ...qemuStatusRoutes,
  ...agentRoutes,
  ...clusterResourcesRoutes,
  ...poolsRoutes,
];
