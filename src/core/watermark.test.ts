import { describe, expect, it } from 'vitest';
import type { ConversationList } from './model.ts';
import { listed } from '../../test/support/core/surveyed.ts';
import { LOOKBACK_MS, toLookbackStart, toNextWatermark } from './watermark.ts';

function listOf(updatedAts: readonly (number | undefined)[], servedAt?: number): ConversationList {
  const items = updatedAts.map((updatedAt, index) => listed(`t_${index}`, { updatedAt }));
  return { items, after: undefined, servedAt };
}

describe('the watermark (I1)', () => {
  it('is the largest time on the first list page, in whatever order it lists', () => {
    expect(toNextWatermark(listOf([5000, 9000, undefined, 7000]))).toBe(9000);
  });

  it('is never later than the clock of who served the list', () => {
    expect(toNextWatermark(listOf([50_000, 9000], 10_000))).toBe(10_000);
  });

  it('is unknown for a list without times, so that the old one stays', () => {
    expect(toNextWatermark(listOf([undefined], 10_000))).toBeUndefined();
    expect(toNextWatermark(listOf([]))).toBeUndefined();
  });

  it('of an empty list is the clock of who served it, so that the next walk is incremental', () => {
    expect(toNextWatermark(listOf([], 10_000))).toBe(10_000);
  });

  it('is read with an overlap, and not at all before the first walk', () => {
    expect(toLookbackStart(1_000_000, LOOKBACK_MS)).toBe(1_000_000 - LOOKBACK_MS);
    expect(toLookbackStart(undefined, LOOKBACK_MS)).toBeUndefined();
  });
});
