import type { Route } from './route';

export const qemuRoutes: readonly Route[] = [];
