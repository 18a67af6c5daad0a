import { charts } from './charts';
import { findings } from './findings';
import { firstPage } from './first-page';
import { page } from './page';
import { shared } from './shared';
import { terminal } from './terminal';
import { warnings } from './warnings';
import { why } from './why';

/** All words of a report: what English has, every other language must have too. */
export type Messages = typeof english;

export const english = { charts, firstPage, findings, page, shared, terminal, warnings, why };
