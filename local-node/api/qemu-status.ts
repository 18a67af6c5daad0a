import type { Route } from './route';

export const qemuStatusRoutes: readonly Route[] = [];
