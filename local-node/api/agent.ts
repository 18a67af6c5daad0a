import type { Route } from './route';

export const agentRoutes: readonly Route[] = [];
