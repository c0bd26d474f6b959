/**
 * Aligned columns of text. Names come from Facebook, so control characters in a cell are taken out: nobody's Page
 * name may steer the terminal.
 */
import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  /** Figures stand at the right. Default: left. */
  readonly align?: 'left' | 'right';
}

/** Lines of a table: the titles, then one line per row. A row may be shorter than the table is wide. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map((column) => column.title);
  const cells = [titles, ...rows].map((row) => columns.map((_, index) => toPlainText(row[index] ?? '')));
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

/** Text without escape sequences and control characters, on one line. */
export function toPlainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}+/gu, ' ');
}

function width(text: string): number {
  return [...text].length;
}
