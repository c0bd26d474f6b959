import { describe, expect, it } from 'vitest';
import type { ConversationList } from './model.ts';
import { listed } from '../../test/support/core/surveyed.ts';
import { OVERLAP_MS, toCut, topOfWalk } from './watermark.ts';

function listOf(updatedAts: readonly (number | undefined)[], servedAt?: number): ConversationList {
  const items = updatedAts.map((updatedAt, index) => listed(`t_${index}`, { updatedAt }));
  return { items, after: undefined, servedAt, tookMs: undefined };
}

describe('the watermark (I1)', () => {
  it('is the largest time on the first list page, in whatever order it lists', () => {
    expect(topOfWalk(listOf([5000, 9000, undefined, 7000]))).toBe(9000);
  });

  it('is never later than the clock of who served the list', () => {
    expect(topOfWalk(listOf([50_000, 9000], 10_000))).toBe(10_000);
  });

  it('is unknown for a list without times, so that the old one stays', () => {
    expect(topOfWalk(listOf([undefined], 10_000))).toBeUndefined();
    expect(topOfWalk(listOf([]))).toBeUndefined();
  });

  it('of an empty list is the clock of who served it, so that the next walk is incremental', () => {
    expect(topOfWalk(listOf([], 10_000))).toBe(10_000);
  });

  it('is read with an overlap, and not at all before the first walk', () => {
    expect(toCut(1_000_000)).toBe(1_000_000 - OVERLAP_MS);
    expect(toCut(undefined)).toBeUndefined();
  });
});
