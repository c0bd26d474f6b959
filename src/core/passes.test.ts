import { describe, expect, it } from 'vitest';
import { endOfPass, firstPass, nextPass, type Pass, type PassEnd, type PassKind, type Walked } from './passes.ts';
import { toLookbackStart } from './watermark.ts';

const KINDS: readonly PassKind[] = ['filtered', 'main', 'recheck'];
const ENDS: readonly PassEnd[] = ['reached-lookback', 'end-of-list', 'filter-ignored', 'cursor-died'];
const LOOKBACK_START = 1_000_000;
const NEXT_WATERMARK = 9_000_000;

const passOf = (kind: PassKind, changes: Partial<Pass> = {}): Pass => ({
  kind,
  from: 'begun here',
  isFromEarlierRun: true,
  lookbackStart: LOOKBACK_START,
  restarts: 1,
  ...changes,
});
const walked: Walked = { next: 'next page', nextWatermark: NEXT_WATERMARK, needsRecheck: false, lookbackMs: 1_800_000 };

const head = { from: undefined, isFromEarlierRun: false } as const;
const recheck: Pass = {
  ...head,
  kind: 'recheck',
  lookbackStart: toLookbackStart(NEXT_WATERMARK, 1_800_000),
  restarts: 0,
};
const again = (kind: PassKind): Pass => passOf(kind, { ...head, restarts: 2 });
const goOn: Pass = passOf('main', { from: 'next page', isFromEarlierRun: false });

interface Followers {
  readonly once: Pass | 'done';
  /** When something may have changed behind the back of the walk. */
  readonly ifMoved: Pass | 'done';
}
const always = (pass: Pass | 'done'): Followers => ({ once: pass, ifMoved: pass });
const finished: Followers = { once: 'done', ifMoved: recheck };

/** Complete: a pass or an end more does not compile without its row. */
const EXPECTED: Readonly<Record<PassKind, Readonly<Record<PassEnd, Followers>>>> = {
  filtered: {
    'reached-lookback': finished,
    'end-of-list': always(again('main')),
    'filter-ignored': always(goOn),
    'cursor-died': always(again('filtered')),
  },
  main: {
    'reached-lookback': finished,
    'end-of-list': finished,
    'filter-ignored': always(goOn),
    'cursor-died': always(again('main')),
  },
  recheck: {
    'reached-lookback': always('done'),
    'end-of-list': always('done'),
    'filter-ignored': always('done'),
    'cursor-died': always(again('recheck')),
  },
};

describe('what follows a pass', () => {
  const cases = KINDS.flatMap((kind) => ENDS.map((end) => [kind, end] as const));
  it.each(cases)('%s, %s', (kind, end) => {
    const { once, ifMoved } = EXPECTED[kind][end];
    expect(nextPass(passOf(kind), end, walked)).toEqual(once);
    expect(nextPass(passOf(kind), end, { ...walked, needsRecheck: true })).toEqual(ifMoved);
  });

  it.each(KINDS)('nothing, when the cursors of a %s pass keep dying', (kind) => {
    let pass = passOf(kind, { restarts: 0 });
    for (let restarts = 1; restarts <= 3; restarts++) {
      const next = nextPass(pass, 'cursor-died', walked);
      expect(next).toMatchObject({ kind, from: undefined, restarts });
      pass = next as Pass;
    }
    expect(nextPass(pass, 'cursor-died', walked)).toBe('give-up');
  });
});

describe('the first pass', () => {
  const plan = { lookbackStart: LOOKBACK_START, sendSince: true, checkpoint: undefined };
  it.each([
    ['filtered', plan, head],
    ['main', { ...plan, sendSince: false }, head],
    ['main', { ...plan, lookbackStart: undefined }, head],
    ['main', { ...plan, checkpoint: { after: 'c' } }, { from: 'c', isFromEarlierRun: true }],
  ] as const)('is %s for %o', (kind, wish, where) => {
    expect(firstPass(wish)).toEqual({ kind, ...where, lookbackStart: wish.lookbackStart, restarts: 0 });
  });

  it('is none when an earlier run has met the whole list', () => {
    expect(firstPass({ ...plan, checkpoint: { after: undefined } })).toBe('done');
  });
});

describe('the end of a pass', () => {
  const flags = [false, true];
  const all = flags.flatMap((reachesLookback) =>
    flags.flatMap((showsFilteredOut) => flags.map((isLast) => ({ reachesLookback, showsFilteredOut, isLast }))),
  );

  it.each(KINDS)('comes to a %s pass with every page that reaches the lookback', (kind) => {
    for (const facts of all.filter(({ reachesLookback }) => reachesLookback)) {
      expect(endOfPass(passOf(kind), facts)).toBe('reached-lookback');
    }
  });

  it.each(['main', 'recheck'] as const)('comes to a %s pass with the last page, and with no other', (kind) => {
    for (const facts of all.filter(({ reachesLookback }) => !reachesLookback)) {
      expect(endOfPass(passOf(kind), facts)).toBe(facts.isLast ? 'end-of-list' : undefined);
    }
  });

  it('comes to a filtered pass as soon as it shows what should be left out, which makes its last page a true one', () => {
    const end = (showsFilteredOut: boolean, isLast: boolean) =>
      endOfPass(passOf('filtered'), { reachesLookback: false, showsFilteredOut, isLast });
    expect(end(false, false)).toBeUndefined();
    expect(end(false, true)).toBe('end-of-list');
    expect(end(true, false)).toBe('filter-ignored');
    expect(end(true, true)).toBe('reached-lookback');
  });
});
