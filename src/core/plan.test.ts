import { describe, expect, it } from 'vitest';
import { TYPICAL_TIMES } from './answer-times.ts';
import {
  type Comparison,
  differs,
  endsWalk,
  LIST_LIMIT,
  LOOK_LIMIT,
  looksPerCarry,
  NESTED_MESSAGES,
  planLooks,
} from './plan.ts';
import { held, listed, pageOf } from '../../test/support/core/surveyed.ts';

const CUT_AT = 1_000_000;

describe('what differs (I2)', () => {
  const cases: readonly [string, Comparison, boolean][] = [
    ['a conversation that is not held', { listed: listed('a'), held: undefined }, true],
    ['one that was never collected', { listed: listed('a'), held: held({ collected: false }) }, true],
    ['one that came back from deletion', { listed: listed('a'), held: held({ deleted: true }) }, true],
    ['a newer time', { listed: listed('a', { updatedAt: 2_001_000 }), held: held() }, true],
    ['another count at the same time', { listed: listed('a', { messageCount: 6 }), held: held() }, true],
    ['a smaller count', { listed: listed('a', { messageCount: 4 }), held: held() }, true],
    [
      'no time, and something else changed',
      { listed: listed('a', { updatedAt: undefined }), held: held({ sameSnapshot: false }) },
      true,
    ],
    ['no time, and nothing changed', { listed: listed('a', { updatedAt: undefined }), held: held() }, false],
    ['no count, same time, nothing changed', { listed: listed('a', { messageCount: undefined }), held: held() }, false],
    [
      'no count, same time, and something else changed',
      { listed: listed('a', { messageCount: undefined }), held: held({ sameSnapshot: false }) },
      true,
    ],
    ['the same time and count', { listed: listed('a'), held: held() }, false],
    [
      'an older time: a late copy of what we know',
      { listed: listed('a', { updatedAt: 1_999_000 }), held: held() },
      false,
    ],
  ];
  for (const [name, comparison, expected] of cases) {
    it(`${name} → ${expected ? 'collect' : 'leave'}`, () => expect(differs(comparison)).toBe(expected));
  }
});

describe('looks', () => {
  const known = { cutAt: CUT_AT, heldAboveCut: 0, nestedLimit: LIST_LIMIT, depth: Infinity };

  it('of an incremental walk begin short, and carry nothing', () => {
    expect(planLooks(known)).toEqual({ firstLimit: 60, lookLimit: LIST_LIMIT, carried: 0 });
  });

  it('of an incremental walk go past everything that was last met above the cut', () => {
    expect(planLooks({ ...known, heldAboveCut: 70 }).firstLimit).toBeGreaterThan(70);
    expect(planLooks({ ...known, heldAboveCut: 5000 }).firstLimit).toBe(LIST_LIMIT);
  });

  it('of a full walk take what they can get, and carry no more messages than are mirrored', () => {
    const full = { ...known, cutAt: undefined };
    expect(planLooks(full)).toEqual({ firstLimit: LOOK_LIMIT, lookLimit: LOOK_LIMIT, carried: NESTED_MESSAGES });
    expect(planLooks({ ...full, depth: 5 }).carried).toBe(5);
  });

  it('carry nothing where full lists with messages were too big for Facebook before', () => {
    expect(planLooks({ ...known, cutAt: undefined, nestedLimit: 50 }).carried).toBe(0);
  });
});

describe('looks before a page that is brought along', () => {
  const typical = { times: TYPICAL_TIMES, budget: { callsPerSecond: 2, isScarce: false }, perLook: 100 };
  const withBudget = (callsPerSecond: number) => ({ ...typical, budget: { callsPerSecond, isScarce: false } });
  const slow = { baseMs: 400, perItemMs: 40 };

  it('are two at Facebook, where a third would have to wait for its turn', () => {
    expect(looksPerCarry(typical)).toBe(2);
  });

  it('are no more where lists are longer, and none where they are so short that calls are what takes the time', () => {
    expect(looksPerCarry({ ...typical, perLook: 200 })).toBeLessThanOrEqual(2);
    expect(looksPerCarry({ ...typical, perLook: 20 })).toBe(0);
  });

  it('are fewer the fewer calls may be made, and more the more', () => {
    expect(looksPerCarry(withBudget(0.5))).toBe(0);
    expect(looksPerCarry(withBudget(1))).toBe(1);
    expect(looksPerCarry(withBudget(1000))).toBeGreaterThan(2);
  });

  it('are more where messages take long, and none where they cost no time: then they only cost calls', () => {
    expect(looksPerCarry({ ...typical, times: { ...TYPICAL_TIMES, nested: slow } })).toBeGreaterThan(2);
    expect(looksPerCarry({ ...typical, times: { ...TYPICAL_TIMES, nested: TYPICAL_TIMES.light } })).toBe(0);
  });

  it('are none where calls run short, however long it takes', () => {
    const budget = { callsPerSecond: 2, isScarce: true };
    expect(looksPerCarry({ ...typical, budget, times: { ...TYPICAL_TIMES, nested: slow } })).toBe(0);
  });
});

describe('where an incremental walk may end', () => {
  it('ends at a page that reaches below the cut, with nothing below it that differs', () => {
    expect(endsWalk(pageOf(undefined, [false, false], CUT_AT - 1), CUT_AT)).toBe(true);
  });

  it('goes on while something below the cut differs', () => {
    expect(endsWalk(pageOf(undefined, [false, true], CUT_AT - 1), CUT_AT)).toBe(false);
  });

  it('goes on at the cut itself: times are whole seconds', () => {
    expect(endsWalk(pageOf(undefined, [false, false], CUT_AT), CUT_AT)).toBe(false);
  });

  it('never ends early without a cut, nor at an empty page', () => {
    expect(endsWalk(pageOf(undefined, [false], CUT_AT - 1), undefined)).toBe(false);
    expect(endsWalk(pageOf(undefined, []), CUT_AT)).toBe(false);
  });
});
