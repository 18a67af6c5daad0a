import type { Messages } from '../english/english';
import { charts } from './charts';
import { findings } from './findings';
import { firstPage } from './first-page';
import { page } from './page';
import { shared } from './shared';
import { terminal } from './terminal';
import { warnings } from './warnings';
import { why } from './why';

/** For an academic reader in Indonesia: throughput, delay, jitter and packet loss are used as in papers there. */
export const indonesian: Messages = { charts, firstPage, findings, page, shared, terminal, warnings, why };
