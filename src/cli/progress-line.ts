/** One line of progress, as wide as the terminal at most: the bar gives way before a figure does. */
import { columnsOf, cutToColumns, padColumns } from '../lib/columns.ts';
import type { Paint } from './paint.ts';
import { type ProgressState, totalOf } from './progress-state.ts';
import { toCount, toFigure } from './words.ts';

export interface ProgressLine {
  readonly name: string;
  /** Of the names that stand below each other. */
  readonly nameWidth: number;
  readonly state: ProgressState;
  readonly expected: number;
  /** Of the terminal. */
  readonly columns: number;
  readonly paint: Paint;
}

const GAP = '  ';
const LONGEST_BAR = 28;
const SHORTEST_BAR = 4;
/** A name is cut to this before the words are shortened, and to the other one at last. */
const LONG_NAME = 24;
const SHORT_NAME = 8;
/** The usual `done in 12.3 s`, so that the bar does not shrink at the end. */
const ENDING_WIDTH = 14;

export function renderProgressLine({ state, expected, columns, paint, ...line }: ProgressLine): string {
  const room = Math.max(columns - 1, 20);
  const ending = state.ending ?? state.pause ?? '';
  const longName = Math.min(line.nameWidth, LONG_NAME);
  const shortName = Math.min(line.nameWidth, SHORT_NAME);
  const layouts = [
    { nameWidth: longName, figures: inWords(state) },
    { nameWidth: longName, figures: inShort(state) },
    { nameWidth: shortName, figures: inShort(state) },
    { nameWidth: shortName, figures: inShort(state).slice(0, 2) },
    { nameWidth: shortName, figures: inShort(state).slice(0, 1) },
  ];
  for (const { nameWidth, figures } of layouts) {
    const name = padColumns(cutToColumns(line.name, nameWidth), nameWidth);
    const fixed = columnsOf([GAP + name, '', ...figures].join(GAP)) + GAP.length;
    // A pause tells its reason in whatever room there is; how it ended is told in full.
    const endingWidth = state.ending === undefined ? ENDING_WIDTH : Math.max(ENDING_WIDTH, columnsOf(ending));
    const barWidth = Math.min(LONGEST_BAR, room - fixed - endingWidth);
    if (barWidth < SHORTEST_BAR) continue;
    const bar = renderBar({ state, expected, width: barWidth });
    const end = cutToColumns(ending, room - fixed - barWidth);
    return [GAP + name, paint('cyan', bar), ...figures, end].join(GAP).trimEnd();
  }
  return cutToColumns([line.name, ...inShort(state).slice(0, 1), ending].join(' '), room);
}

function renderBar(of: { readonly state: ProgressState; readonly expected: number; readonly width: number }): string {
  const { state, expected, width } = of;
  const total = Math.max(totalOf(state, expected), 1);
  const share = state.ending?.startsWith('done') === true ? 1 : Math.min(state.done / total, 1);
  const filled = Math.floor(share * width);
  return '━'.repeat(filled) + '─'.repeat(width - filled);
}

function inWords({ shown, counts }: ProgressState): readonly string[] {
  return [
    toCount(shown, 'conversation').padStart(19),
    toCount(counts.eventsCreated, 'message').padStart(15),
    toCount(counts.graphCalls, 'call').padStart(9),
  ];
}

function inShort({ shown, counts }: ProgressState): readonly string[] {
  return [
    `${toFigure(shown)} conv`.padStart(10),
    `${toFigure(counts.eventsCreated)} msg`.padStart(10),
    toCount(counts.graphCalls, 'call').padStart(9),
  ];
}
