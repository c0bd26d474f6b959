/**
 * Aligned columns of text. Names come from Facebook: a cell is as wide as what is shown of it.
 */
import { toVisible } from '../lib/visible.ts';

export interface Column {
  readonly title: string;
  /** Figures stand at the right. Default: left. */
  readonly align?: 'left' | 'right';
}

/** Lines of a table: the titles, then one line per row. A row may be shorter than the table is wide. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map((column) => column.title);
  const cells = [titles, ...rows].map((row) => columns.map((_, index) => toVisible(row[index] ?? '')));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => width(row[index] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, index) => {
        const padding = ' '.repeat((widths[index] ?? 0) - width(cell));
        return columns[index]?.align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

function width(text: string): number {
  return [...text].length;
}
