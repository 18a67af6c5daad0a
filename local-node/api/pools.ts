import type { Route } from './route';

export const poolsRoutes: readonly Route[] = [];
