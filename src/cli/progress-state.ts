/** How far the runs of one channel are, out of what they tell. */
import type { SyncEvent } from '../core/events.ts';
import { addCounts, NO_COUNTS, type RunCounts } from '../core/model.ts';
import { assertNever } from '../lib/assert-never.ts';
import { toFigure, toSeconds } from './words.ts';

export interface ProgressState {
  /** Conversations synced or found current, of a verify compared, of history brought down to their first message. */
  readonly done: number;
  /** Conversations that were listed, and whether that is all of them. */
  readonly found: number;
  readonly isListed: boolean;
  /** Of them, those that the figures show: synced, compared, or brought down to their first message. */
  readonly shown: number;
  readonly counts: RunCounts;
  /** How it ended; undefined while it goes on. */
  readonly ending: string | undefined;
  /** Why it stands still for a while. */
  readonly pause: string | undefined;
}

export const NOTHING_DONE: ProgressState = {
  done: 0,
  found: 0,
  isListed: false,
  shown: 0,
  counts: NO_COUNTS,
  ending: undefined,
  pause: undefined,
};

/** What a list may still have before it, as far as anybody knows. */
const A_LIST_PAGE = 100;
/** Waiting for one's turn is the rhythm of two calls per second. */
const NOTICEABLE_PAUSE_MS = 5_000;

export function advance(before: ProgressState, event: SyncEvent): ProgressState {
  const state = before.pause === undefined ? before : { ...before, pause: undefined };
  switch (event.type) {
    case 'run-started':
      // A verify may go on in another run, after the sync that it stepped aside for.
      return { ...state, ending: undefined };
    case 'list-surveyed': {
      const found = state.found + event.listed;
      return event.mode === 'verify' ? { ...state, found, done: found, shown: found } : { ...state, found };
    }
    case 'survey-finished':
      return { ...state, isListed: true };
    case 'survey-restarted':
      // What was listed and not yet collected will be listed again.
      return { ...state, found: state.done, isListed: false };
    case 'batch-committed':
      return withCounts(state, event);
    case 'history-begun':
      return { ...state, found: state.found + event.conversations, isListed: true };
    case 'history-committed': {
      const { counts } = state;
      const done = state.done + (event.complete ? 1 : 0);
      return {
        ...state,
        done,
        shown: done,
        counts: { ...counts, eventsCreated: counts.eventsCreated + event.messages },
      };
    }
    case 'call-finished':
      if (event.mode !== 'history') return state;
      return { ...state, counts: { ...state.counts, graphCalls: state.counts.graphCalls + 1 } };
    case 'call-delayed':
      return event.waitMs < NOTICEABLE_PAUSE_MS
        ? state
        : { ...state, pause: `waits ${toSeconds(event.waitMs)} s: ${event.reason}` };
    case 'run-finished': {
      const word = event.status === 'succeeded' ? 'done' : 'partial';
      return { ...withCounts(state, event), isListed: true, ending: `${word} in ${toSeconds(event.durationMs)} s` };
    }
    case 'run-failed':
      return { ...state, ending: `failed: ${event.code}` };
    case 'state-mended':
    case 'list-requested':
    case 'filter-disabled':
    case 'order-violated':
    case 'batch-processing':
    case 'item-unreadable':
    case 'conversation-failed':
    case 'listener-failed':
    case 'list-refused':
    case 'history-not-begun':
      return state;
    default:
      return assertNever(event);
  }
}

/** How many conversations it is going to be; `expected` is what the Page is known to have. */
export function totalOf({ done, found, isListed }: ProgressState, expected: number): number {
  if (expected > 0) return Math.max(expected, found, done);
  return Math.max(found + (isListed || found === 0 ? 0 : A_LIST_PAGE), done);
}

/** All of them as one. */
export function combine(states: readonly ProgressState[]): ProgressState {
  const ended = states.filter(({ ending }) => ending !== undefined).length;
  const sum = (figure: (state: ProgressState) => number) => states.reduce((all, state) => all + figure(state), 0);
  return {
    done: sum(({ done }) => done),
    found: sum(({ found }) => found),
    isListed: states.every(({ isListed }) => isListed),
    shown: sum(({ shown }) => shown),
    counts: states.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS),
    ending: undefined,
    pause: `${toFigure(ended)} of ${toFigure(states.length)} ended`,
  };
}

function withCounts(
  state: ProgressState,
  { mode, counts }: Pick<SyncEvent, 'mode'> & { readonly counts: RunCounts },
): ProgressState {
  if (mode === 'history') return state;
  if (mode === 'verify') return { ...state, counts };
  return { ...state, counts, done: counts.synced + counts.skipped, shown: counts.synced };
}
