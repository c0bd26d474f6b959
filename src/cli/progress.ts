/**
 * Shows several syncs running side by side: bars that move on a terminal, a line now and then elsewhere. It only
 * watches events; how a sync goes never depends on it.
 */
import cliProgress from 'cli-progress';
import type { EventSink, SyncEvent } from '../core/events.ts';
import { NO_COUNTS } from '../core/model.ts';
import type { RunCounts } from '../core/model.ts';
import { assertNever } from '../lib/assert-never.ts';
import { toVisible } from '../lib/visible.ts';
import type { LogStream } from '../telemetry/log.ts';
import type { CliContext, OutputStream } from './context.ts';
import { paintFor } from './paint.ts';
import { printLine } from './print.ts';

import { toCount, toFigure, toSeconds } from './words.ts';

export interface Progress extends Disposable {
  readonly onEvent: EventSink;
  /** Writes a whole line without tearing the bars. */
  write(line: string): void;
}

/** How far one Page is. */
interface PageState {
  readonly name: string;
  /** Conversations synced, or of a verify compared. */
  readonly done: number;
  /** Conversations that the survey has found to collect; of a verify, those it has listed and a list page more. */
  readonly found: number;
  readonly counts: RunCounts;
  readonly ending: string | undefined;
}

export interface ProgressOptions {
  readonly stream: OutputStream;
  /** The Pages that are going to be synced, in the order in which they are shown. */
  readonly pages: readonly { readonly id: string; readonly name: string }[];
  /** Conversations that each Page is known to have; 0 when that is for the survey to find out. */
  readonly expected: number;
}

/** What a verify may still have before it, as far as anybody knows. */
const A_LIST_PAGE = 100;

type Draw = (pageId: string, before: PageState | undefined, now: PageState) => void;

/** Disposing it leaves what is shown on the screen and gives the cursor back. */
export function showProgress(options: ProgressOptions): Progress {
  const { draw, write, stop } = options.stream.isTTY ? drawBars(options) : drawLines(options);
  const states = new Map<string, PageState>();
  return {
    onEvent(event) {
      const before = states.get(event.page.id);
      const now = advance(before ?? begin(event), event);
      states.set(event.page.id, now);
      draw(event.page.id, before, now);
    },
    write,
    [Symbol.dispose]: stop,
  };
}

/** Log lines go to stderr, above the bars while there are any. */
export function aroundProgress({ stderr }: Pick<CliContext, 'stderr'>, current: () => Progress | undefined): LogStream {
  return {
    isTTY: stderr.isTTY,
    hasColors: () => stderr.hasColors?.() ?? false,
    write: (line) => (current() ?? stderr).write(line),
  };
}

function begin({ page }: SyncEvent): PageState {
  const name = toVisible(page.name ?? page.facebookPageId);
  return { name, done: 0, found: 0, counts: NO_COUNTS, ending: undefined };
}

function advance(state: PageState, event: SyncEvent): PageState {
  switch (event.type) {
    case 'run-started':
      // A verify may go on in another run, after the sync that it stepped aside for.
      return { ...state, ending: undefined };
    case 'list-surveyed': {
      if (event.mode !== 'verify') return { ...state, found: state.found + event.differing };
      const done = state.done + event.listed;
      return { ...state, done, found: done + A_LIST_PAGE };
    }
    case 'survey-restarted':
      // What was found and not yet collected will be found again.
      return { ...state, found: state.done };
    case 'batch-committed':
      return withCounts(state, event);
    case 'run-finished': {
      const word = event.status === 'succeeded' ? 'done' : 'partial';
      return { ...withCounts(state, event), ending: `${word} in ${toSeconds(event.durationMs)} s` };
    }
    case 'run-failed':
      return { ...state, ending: `failed: ${event.code}` };
    case 'state-mended':
    case 'list-requested':
    case 'survey-finished':
    case 'filter-disabled':
    case 'order-violated':
    case 'batch-processing':
    case 'item-unreadable':
    case 'conversation-failed':
    case 'call-delayed':
    case 'call-finished':
    case 'history-committed':
    case 'listener-failed':
    case 'list-refused':
    case 'history-not-begun':
      return state;
    default:
      return assertNever(event);
  }
}

function withCounts(state: PageState, { mode, counts }: Pick<SyncEvent, 'mode'> & { counts: RunCounts }): PageState {
  return { ...state, counts, done: mode === 'verify' ? state.done : counts.synced };
}

interface Drawing {
  readonly draw: Draw;
  readonly write: (line: string) => void;
  readonly stop: () => void;
}

function drawBars({ stream, pages, expected }: ProgressOptions): Drawing {
  const paint = paintFor(stream);
  const bars = new cliProgress.MultiBar({
    stream,
    format: `  {name}  ${paint('cyan', '{bar}')}  {conversations}  {messages}  {calls}  {ending}`,
    barsize: 28,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    emptyOnZero: true,
    hideCursor: true,
    gracefulExit: true,
  });
  const names = pages.map((page) => toVisible(page.name));
  const nameWidth = Math.max(0, ...names.map((name) => name.length));
  const barOf = new Map(
    pages.map((page, index) => [
      page.id,
      bars.create(Math.max(expected, 1), 0, {
        name: names[index]?.padEnd(nameWidth),
        ...toColumns(0, NO_COUNTS),
        ending: '',
      }),
    ]),
  );
  return {
    draw(pageId, _before, now) {
      const bar = barOf.get(pageId);
      const total = Math.max(totalOf(now, expected), 1);
      bar?.setTotal(total);
      bar?.update(now.ending === undefined ? now.done : total, {
        ...toColumns(now.done, now.counts),
        ending: now.ending ?? '',
      });
    },
    write: (line) => bars.log(line),
    stop() {
      bars.update();
      bars.stop();
    },
  };
}

function toColumns(done: number, { eventsCreated, graphCalls }: RunCounts): Record<string, string> {
  return {
    conversations: toCount(done, 'conversation').padStart(19),
    messages: toCount(eventsCreated, 'message').padStart(15),
    calls: toCount(graphCalls, 'call').padStart(9),
  };
}

function drawLines({ stream, expected }: ProgressOptions): Drawing {
  return {
    draw(_pageId, before, now) {
      const isNews =
        before === undefined || now.ending !== undefined || quarterOf(now, expected) > quarterOf(before, expected);
      if (!isNews) return;
      const parts = before === undefined ? ['begins'] : describeCounts(now, expected);
      printLine(stream, `  ${now.name}: ${[...parts, ...(now.ending === undefined ? [] : [now.ending])].join(', ')}`);
    },
    write: (line) => stream.write(line),
    stop: () => undefined,
  };
}

function describeCounts(state: PageState, expected: number): readonly string[] {
  const { eventsCreated, graphCalls } = state.counts;
  const total = totalOf(state, expected);
  return [
    `${toFigure(state.done)} of ${toCount(total, 'conversation')}`,
    toCount(eventsCreated, 'message'),
    toCount(graphCalls, 'call'),
  ];
}

function totalOf(state: PageState, expected: number): number {
  return Math.max(expected, state.found, state.done);
}

/** How many quarters are done: a line for each is enough to see that it moves, and the last one comes with the end. */
function quarterOf(state: PageState, expected: number): number {
  return Math.min(3, Math.floor((4 * state.done) / Math.max(totalOf(state, expected), 1)));
}
