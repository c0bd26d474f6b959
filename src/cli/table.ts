/**
 * Aligned columns of text that fit where they are shown: where there is too little room, columns that may be missing go
 * first, then texts are cut. Figures are never cut. Names come from Facebook: a cell is as wide as what is shown of it.
 */
import { columnsOf, cutToColumns, padColumns } from '../lib/columns.ts';
import { toVisible } from '../lib/visible.ts';

export interface Column {
  readonly title: string;
  /** Figures stand at the right, and are never cut. Default: left. */
  readonly align?: 'left' | 'right';
  /** Never cut, because half of it is of no use. Default: a text may be cut. */
  readonly whole?: true;
  /** Left out where there is too little room: those with the highest number first. Default: it stays. */
  readonly omit?: number;
}

export interface Room {
  /** Columns of the terminal; undefined where there is no end, as in a file. */
  readonly columns?: number | undefined;
}

const GAP = 2;
/** A text that is cut shows at least so much. */
const SHORTEST = 8;

/**
 * Lines of a table: the titles, then one line per row, and a line that says what was left out. A row may be shorter than
 * the table is wide.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { columns: room }: Room = {},
): readonly string[] {
  const all = columns.map((column, index) => toDrawn(column, [column.title, ...rows.map((row) => row[index] ?? '')]));
  const shown = room === undefined ? all : fit(all, room);
  const omitted = all.filter((one) => !shown.some(({ column }) => column === one.column));
  const lines = [undefined, ...rows].map((_, line) =>
    shown
      .map(({ cells, width, column }) => padColumns(cutToColumns(cells[line] ?? '', width), width, column.align))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
  return omitted.length === 0 ? lines : [...lines, `Left out here: ${titlesOf(omitted)}; a wider terminal shows it.`];
}

interface Drawn {
  readonly column: Column;
  readonly cells: readonly string[];
  readonly width: number;
}

function toDrawn(column: Column, texts: readonly string[]): Drawn {
  const cells = texts.map(toVisible);
  return { column, cells, width: Math.max(...cells.map(columnsOf)) };
}

function fit(all: readonly Drawn[], room: number): readonly Drawn[] {
  const shown = withoutOmitted(all, room);
  let excess = widthOf(shown) - room;
  const widths = shown.map(({ width }) => width);
  // The widest text gives first, until it is as narrow as the next one.
  while (excess > 0) {
    const widest = indexOfWidest(shown, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return shown.map((one, index) => ({ ...one, width: widths[index] ?? one.width }));
}

function withoutOmitted(all: readonly Drawn[], room: number): readonly Drawn[] {
  let shown = all;
  const ranks = [...new Set(all.flatMap(({ column }) => column.omit ?? []))].toSorted((one, other) => other - one);
  for (const rank of ranks) {
    if (narrowest(shown) <= room) break;
    shown = shown.filter(({ column }) => column.omit !== rank);
  }
  return shown;
}

/** Its width when every text is cut as far as it may be. */
function narrowest(shown: readonly Drawn[]): number {
  return widthOf(shown.map((one) => ({ ...one, width: isText(one) ? Math.min(one.width, SHORTEST * 2) : one.width })));
}

function widthOf(shown: readonly Drawn[]): number {
  return shown.reduce((sum, { width }) => sum + width, GAP * (shown.length - 1));
}

function indexOfWidest(shown: readonly Drawn[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  for (const [index, one] of shown.entries()) {
    const width = widths[index] ?? 0;
    if (isText(one) && width > SHORTEST && width > (widest === undefined ? 0 : (widths[widest] ?? 0))) widest = index;
  }
  return widest;
}

function isText({ column }: Drawn): boolean {
  return column.align !== 'right' && column.whole !== true;
}

function titlesOf(omitted: readonly Drawn[]): string {
  return omitted.map(({ column }) => column.title).join(', ');
}
