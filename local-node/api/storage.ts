import type { Route } from './route';

export const storageRoutes: readonly Route[] = [];
