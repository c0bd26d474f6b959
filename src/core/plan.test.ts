import { describe, expect, it } from 'vitest';
import {
  bringsMessages,
  type Comparison,
  differs,
  endsWalk,
  LIST_LIMIT,
  LIGHT_PAGE_SIZE,
  limitOfPage,
  NESTED_MESSAGES,
  planPages,
} from './plan.ts';
import { listed, pageOf, stored } from '../../test/support/core/surveyed.ts';

const LOOKBACK_START = 1_000_000;

describe('what differs (I2)', () => {
  const cases: readonly [string, Comparison, boolean][] = [
    ['a conversation that is not stored', { listed: listed('a'), stored: undefined }, true],
    ['one that was never collected', { listed: listed('a'), stored: stored({ collected: false }) }, true],
    ['one that came back from deletion', { listed: listed('a'), stored: stored({ deleted: true }) }, true],
    ['a newer time', { listed: listed('a', { updatedAt: 2_001_000 }), stored: stored() }, true],
    ['another count at the same time', { listed: listed('a', { messageCount: 6 }), stored: stored() }, true],
    ['a smaller count', { listed: listed('a', { messageCount: 4 }), stored: stored() }, true],
    [
      'no time, and something else changed',
      { listed: listed('a', { updatedAt: undefined }), stored: stored({ sameSnapshot: false }) },
      true,
    ],
    ['no time, and nothing changed', { listed: listed('a', { updatedAt: undefined }), stored: stored() }, false],
    [
      'no count, same time, nothing changed',
      { listed: listed('a', { messageCount: undefined }), stored: stored() },
      false,
    ],
    [
      'no count, same time, and something else changed',
      { listed: listed('a', { messageCount: undefined }), stored: stored({ sameSnapshot: false }) },
      true,
    ],
    ['the same time and count', { listed: listed('a'), stored: stored() }, false],
    [
      'an older time: Facebook says another one now',
      { listed: listed('a', { updatedAt: 1_999_000 }), stored: stored() },
      true,
    ],
  ];
  for (const [name, comparison, expected] of cases) {
    it(`${name} → ${expected ? 'collect' : 'leave'}`, () => expect(differs(comparison)).toBe(expected));
  }
});

describe('list pages', () => {
  const known = { lookbackStart: LOOKBACK_START, storedInLookback: 0, nestedLimit: LIST_LIMIT, depth: Infinity };

  it('of an incremental walk begin short, without messages', () => {
    expect(planPages(known)).toEqual({ firstLimit: 60, laterLimit: LIST_LIMIT, messages: 0 });
  });

  it('of an incremental walk go past everything that was last met in the lookback', () => {
    expect(planPages({ ...known, storedInLookback: 70 }).firstLimit).toBeGreaterThan(70);
    expect(planPages({ ...known, storedInLookback: 5000 }).firstLimit).toBe(LIST_LIMIT);
  });

  it('of a full walk take what they can get, with no more messages than are mirrored', () => {
    const full = { ...known, lookbackStart: undefined };
    expect(planPages(full)).toEqual({
      firstLimit: LIGHT_PAGE_SIZE,
      laterLimit: LIGHT_PAGE_SIZE,
      messages: NESTED_MESSAGES,
    });
    expect(planPages({ ...full, depth: 5 }).messages).toBe(5);
  });

  it('stay light where full lists with messages were too big for Facebook before', () => {
    expect(planPages({ ...known, lookbackStart: undefined, nestedLimit: 50 }).messages).toBe(0);
  });
});

describe('light pages before one that brings its messages along', () => {
  const before = (callsPerSecond: number) =>
    Array.from({ length: 10 }, (_, pages) => pages).find((pages) => bringsMessages(pages, callsPerSecond));

  it('are two at Facebook', () => expect(before(2)).toBe(2));

  it('are fewer the fewer calls may be made, and more the more, within bounds', () => {
    expect([0.5, 1, 3, 1000].map(before)).toEqual([0, 1, 3, 4]);
  });

  it('are none where calls are scarce', () => expect(before(0)).toBe(0));
});

describe('the size of a list page', () => {
  it('fills a short first page up to what one list call can collect, whatever comes after', () => {
    const pages = { firstLimit: 60, laterLimit: LIST_LIMIT, messages: 0 };
    expect([0, 1, 2, 3].map((before) => limitOfPage(pages, before))).toEqual([60, 40, 100, 100]);
    const full = { ...pages, firstLimit: LIGHT_PAGE_SIZE, laterLimit: LIGHT_PAGE_SIZE };
    expect([0, 1, 2, Infinity].map((before) => limitOfPage(full, before))).toEqual([200, 200, 200, 200]);
  });
});

describe('where an incremental walk may end', () => {
  it('ends at a page that reaches below the lookback, with nothing there that differs', () => {
    expect(endsWalk(pageOf(undefined, [false, false], LOOKBACK_START - 1), LOOKBACK_START)).toBe(true);
  });

  it('goes on while something there differs', () => {
    expect(endsWalk(pageOf(undefined, [false, true], LOOKBACK_START - 1), LOOKBACK_START)).toBe(false);
  });

  it('goes on at its start itself: times are whole seconds', () => {
    expect(endsWalk(pageOf(undefined, [false, false], LOOKBACK_START), LOOKBACK_START)).toBe(false);
  });

  it('never ends early without a lookback, nor at an empty page', () => {
    expect(endsWalk(pageOf(undefined, [false], LOOKBACK_START - 1), undefined)).toBe(false);
    expect(endsWalk(pageOf(undefined, []), LOOKBACK_START)).toBe(false);
  });
});
