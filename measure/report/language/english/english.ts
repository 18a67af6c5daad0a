import { findings } from './findings';
import { firstPage } from './first-page';
import { page } from './page';
import { warnings } from './warnings';

export const english = { firstPage, findings, page, warnings };
