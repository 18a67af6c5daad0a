import type { Route } from '../route';
import { accessRoutes } from './access';
import { roleRoutes } from './access-roles';
import { userRoutes } from './access-users';
import { agentRoutes } from './agent';
import { clusterRoutes } from './cluster';
import { clusterBackupRoutes } from './cluster-backup';
import { clusterResourcesRoutes } from './cluster-resources';
import { consoleRoutes } from './console';
import { lxcRoutes } from './lxc';
import { networkRoutes } from './network';
import { nodeRoutes } from './node';
import { poolsRoutes } from './pools';
import { qemuRoutes } from './qemu';
import { qemuStatusRoutes } from './qemu-status';
import { rrdRoutes } from './rrd';
import { storageRoutes } from './storage';
import { storageBackupRoutes } from './storage-backups';
import { taskRoutes } from './tasks';
import { vzdumpRoutes } from './vzdump';

/** Every method of the API that the local node supports; anything else answers 501. */
export const routes: readonly Route[] = [
  ...nodeRoutes,
  ...clusterRoutes,
  ...clusterBackupRoutes,
  ...clusterResourcesRoutes,
  ...accessRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...taskRoutes,
  ...networkRoutes,
  ...rrdRoutes,
  ...storageRoutes,
  ...storageBackupRoutes,
  ...vzdumpRoutes,
  ...qemuRoutes,
  ...qemuStatusRoutes,
  ...lxcRoutes,
  ...agentRoutes,
  ...consoleRoutes,
  ...poolsRoutes,
];
