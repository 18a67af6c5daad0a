import Table from 'cli-table3';
import pc from 'picocolors';
import type { BudgetAnswer } from '../../analyse/compare/budget';
import { cellText } from '../document/document';
import { budgetReading, budgetSummary, budgetTable } from '../sections/budget';

/** What became of each limit. `colour` false (NO_COLOR, a pipe) gives plain text. */
export function renderBudget(
  answers: readonly BudgetAnswer[],
  side: string,
  colour: boolean = pc.isColorSupported,
): string {
  const paint = pc.createColors(colour);
  const { head, rows } = budgetTable(answers, side);
  const table = new Table({
    head: [...head],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: colour ? { head: ['bold'] } : { head: [], border: [] },
  });
  const colours = { kept: paint.green, exceeded: paint.red, 'cannot be told': paint.yellow };
  for (const [index, row] of rows.entries()) {
    const verdict = answers[index]?.verdict ?? 'kept';
    const [first = '', ...rest] = row.map(cellText);
    table.push([colours[verdict](first), ...rest]);
  }
  return [table.toString(), budgetSummary(answers), budgetReading].join('\n');
}
