import type { Route } from './route';

export const clusterResourcesRoutes: readonly Route[] = [];
