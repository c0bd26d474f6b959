/**
 * The passes of a walk over the list of conversations, and what follows what. A walk is one pass as a rule:
 *
 *   filtered ─▶ main ─▶ recheck ─▶ done
 *
 * `filtered` sends the start of the lookback along as `since`, which proves nothing by what it leaves out. `main` is the
 * walk itself. `recheck` looks at the head once more for what changed since the walk began. A pass whose cursor died
 * begins again: what is stored by now costs no more than the looking.
 */
import type { Cursor } from './list-pages.ts';
import type { Instant } from './model.ts';
import { toLookbackStart } from './watermark.ts';

export type PassKind = 'filtered' | 'main' | 'recheck';

export interface Pass {
  readonly kind: PassKind;
  readonly from: Cursor;
  /** `from` was given to an earlier run. */
  readonly isFromEarlierRun: boolean;
  /** Below it everything was met by an earlier walk, or by an earlier pass; undefined goes to the end of the list. */
  readonly lookbackStart: Instant | undefined;
  readonly restarts: number;
}

/** `reached-lookback`: all above it was listed. `filter-ignored`: the list shows what `since` should have left out. */
export type PassEnd = 'reached-lookback' | 'end-of-list' | 'filter-ignored' | 'cursor-died';

/** What a pass leaves behind. */
export interface Walked {
  /** The page behind the last one. */
  readonly next: Cursor;
  /** The watermark that the walk may set. */
  readonly nextWatermark: Instant | undefined;
  /** How far walks of this channel look back. */
  readonly lookbackMs: number;
  /** Whether to look at the head again after the main pass. */
  readonly needsRecheck: boolean;
}

/** Where a walk begins; done when an earlier run has met the whole list. */
export function firstPass(plan: {
  readonly lookbackStart: Instant | undefined;
  readonly sendSince: boolean;
  readonly checkpoint: { readonly after: Cursor } | undefined;
}): Pass | 'done' {
  const { lookbackStart, checkpoint } = plan;
  if (checkpoint !== undefined && checkpoint.after === undefined) return 'done';
  const from = checkpoint?.after;
  const isFromEarlierRun = from !== undefined;
  const isFiltered = plan.sendSince && lookbackStart !== undefined && !isFromEarlierRun;
  return { kind: isFiltered ? 'filtered' : 'main', from, isFromEarlierRun, lookbackStart, restarts: 0 };
}

type Step = (pass: Pass, walked: Walked) => Pass | 'done' | 'give-up';

/** A list whose cursors keep dying changes faster than it can be walked. */
const MOST_RESTARTS = 3;

const HEAD = { from: undefined, isFromEarlierRun: false } as const;

const done: Step = () => 'done';
const again: Step = (pass) =>
  pass.restarts >= MOST_RESTARTS ? 'give-up' : { ...pass, ...HEAD, restarts: pass.restarts + 1 };
/** The list may have ended because of the filter. */
const againUnfiltered: Step = (pass) => ({ ...pass, ...HEAD, kind: 'main', restarts: pass.restarts + 1 });
const goOnUnfiltered: Step = (pass, { next }) => ({ ...pass, kind: 'main', from: next, isFromEarlierRun: false });
const finish: Step = (_, { needsRecheck, nextWatermark, lookbackMs }) =>
  needsRecheck
    ? {
        kind: 'recheck',
        ...HEAD,
        lookbackStart: toLookbackStart(nextWatermark, lookbackMs),
        restarts: 0,
      }
    : 'done';

const NEXT: Readonly<Record<PassKind, Readonly<Record<PassEnd, Step>>>> = {
  filtered: {
    'reached-lookback': finish,
    'end-of-list': againUnfiltered,
    'filter-ignored': goOnUnfiltered,
    'cursor-died': again,
  },
  main: {
    'reached-lookback': finish,
    'end-of-list': finish,
    'filter-ignored': goOnUnfiltered,
    'cursor-died': again,
  },
  recheck: { 'reached-lookback': done, 'end-of-list': done, 'filter-ignored': done, 'cursor-died': again },
};

export function nextPass(pass: Pass, end: PassEnd, walked: Walked): Pass | 'done' | 'give-up' {
  return NEXT[pass.kind][end](pass, walked);
}

/** What one list page says of its pass. */
export interface PageFacts {
  readonly reachesLookback: boolean;
  /** Whether it shows what the filter should have left out. */
  readonly showsFilteredOut: boolean;
  readonly isLast: boolean;
}

/** How the pass ends with a page; undefined when it goes on. */
export function endOfPass(
  { kind }: Pass,
  { reachesLookback, showsFilteredOut, isLast }: PageFacts,
): PassEnd | undefined {
  const isFilterIgnored = kind === 'filtered' && showsFilteredOut;
  if (reachesLookback || (isLast && isFilterIgnored)) return 'reached-lookback';
  if (isLast) return 'end-of-list';
  return isFilterIgnored ? 'filter-ignored' : undefined;
}
