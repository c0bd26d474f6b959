import { describe, expect, it } from 'vitest';
import { stored } from '../../test/support/core/surveyed.ts';
import { addsUp, hasLostRows, mostGone } from './row-count.ts';

const EXACT = stored({ collectedMessageCount: 5, heldMessageCount: 5 });
/** Facebook counted two more than it showed. */
const INEXACT = stored({ collectedMessageCount: 7, heldMessageCount: 5 });
const OPEN = stored({ collectedMessageCount: 50, heldMessageCount: 25, historyComplete: false });
const UNCOUNTED = stored({ collectedMessageCount: undefined, heldMessageCount: 5 });
const EARLIER = stored({ collectedMessageCount: 5, heldMessageCount: undefined });

describe('stored messages', () => {
  it.each([
    ['as many more as are counted', EXACT, 7, 7, true],
    ['fewer than are counted', EXACT, 7, 6, false],
    ['more than are counted', EXACT, 4, 5, false],
    ['as many more, where the count never was exact', INEXACT, 8, 6, true],
    ['not as many more there', INEXACT, 8, 5, false],
    ['as many as are counted, after all', INEXACT, 8, 8, true],
    ['as many more above the floor', OPEN, 53, 28, true],
    ['too few above the floor', OPEN, 53, 27, false],
    ['as many as before where nothing is counted', UNCOUNTED, undefined, 5, true],
    ['fewer than before there', UNCOUNTED, undefined, 4, false],
    ['as many as are counted, where nobody counted before', EARLIER, 5, 5, true],
    ['fewer there', EARLIER, 5, 3, false],
  ])('%s: add up %#', (_, known, count, live, is) => {
    expect(addsUp(known, count, live)).toBe(is);
  });

  it('are lost when there are fewer or more than were collected, or an end of the range is away', () => {
    const having = (live: number, hasEnds = true) => hasLostRows({ ...EXACT, rows: { live, hasEnds } });
    expect([having(5), having(4), having(6), having(5, false)]).toEqual([false, true, true, true]);
    expect(hasLostRows({ ...UNCOUNTED, rows: { live: 6, hasEnds: true } })).toBe(false);
    expect(hasLostRows({ ...INEXACT, rows: { live: 5, hasEnds: true } })).toBe(false);
    expect(hasLostRows({ ...EXACT, rows: undefined })).toBe(false);
    expect(hasLostRows(undefined)).toBe(false);
  });

  it('are gone in no greater number than the count went down', () => {
    expect(mostGone(EXACT, 5, 5)).toBe(0);
    expect(mostGone(EXACT, 3, 5)).toBe(2);
    expect(mostGone(INEXACT, 6, 5)).toBe(1);
    expect(mostGone(OPEN, 49, 25)).toBe(1);
    expect(mostGone(UNCOUNTED, undefined, 5)).toBe(Infinity);
  });
});
