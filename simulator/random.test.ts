import { expect, it } from 'vitest';
import { createRandom, hash } from './random.ts';

const draw = (...parts: (string | number)[]): number[] => {
  const random = createRandom(...parts);
  return Array.from({ length: 5 }, () => random.next());
};

it('gives the same stream for the same parts and another for others', () => {
  expect(draw(1, 'message', 2)).toEqual(draw(1, 'message', 2));
  expect(draw(1, 'message', 2)).not.toEqual(draw(1, 'message', 3));
  expect(draw(1, 'a')).not.toEqual(draw('1a'));
});

it('spreads evenly', () => {
  const random = createRandom(7);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let count = 0; count < 10_000; count += 1) {
    const bucket = random.int(0, 9);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(count).toBeGreaterThan(850);
});

it('hashes numbers beyond 32 bits by all their digits', () => {
  expect(hash(2 ** 40 + 1)).not.toBe(hash(2 ** 41 + 1));
});

it('shuffles without losing or inventing', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = createRandom(3).shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((left, right) => left - right)).toEqual(items);
});
