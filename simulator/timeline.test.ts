import { expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { createTimeline } from './timeline.ts';
import type { Dated } from './timeline.ts';

it('stays in order and finds every place while items move, as a plain sorted list does', () => {
  const seed = 11;
  const random = createRandom(seed);
  const items = Array.from({ length: 60 }, (_, index) => ({ index, updatedAt: random.int(0, 40) }));
  const timeline = createTimeline<Dated>();
  timeline.addAll(items);
  for (let round = 0; round < 300; round += 1) {
    const item = random.pick(items);
    timeline.remove(item);
    item.updatedAt = random.int(0, 60);
    timeline.add(item);
    const expected = items.toSorted((left, right) => right.updatedAt - left.updatedAt || right.index - left.index);
    expect(timeline.slice(0, 60), `seed ${seed}, round ${round}`).toEqual(expected);
    const offset = random.int(0, 59);
    expect(timeline.offsetOf(expected[offset] ?? item)).toBe(offset);
  }
});

it('says where an item would stand that is not there', () => {
  const timeline = createTimeline<Dated>();
  timeline.addAll([
    { index: 0, updatedAt: 10 },
    { index: 1, updatedAt: 20 },
    { index: 2, updatedAt: 30 },
  ]);
  expect(timeline.offsetOf({ index: 9, updatedAt: 25 })).toBe(1);
  expect(timeline.offsetOf({ index: 9, updatedAt: 40 })).toBe(0);
  expect(timeline.offsetOf({ index: 9, updatedAt: 5 })).toBe(3);
  expect(timeline.slice(2, 5)).toEqual([{ index: 0, updatedAt: 10 }]);
  expect(timeline.slice(3, 5)).toEqual([]);
});
