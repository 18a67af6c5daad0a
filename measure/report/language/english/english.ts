import { findings } from './findings';
import { firstPage } from './first-page';
import { page } from './page';
import { warnings } from './warnings';
import { why } from './why';

export const english = { firstPage, findings, page, warnings, why };
