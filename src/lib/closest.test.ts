import { expect, it } from 'vitest';
import { findClosest } from './closest.ts';

it.each([
  ['forcefull', 'forceFull'],
  ['forceful', 'forceFull'],
  ['page_id', 'pageId'],
  ['pageID', 'pageId'],
  ['limt', 'limit'],
  ['token', undefined],
  ['', undefined],
  ['x'.repeat(50), undefined],
])('takes %j for %j', (word, meant) => {
  expect(findClosest(word, ['pageId', 'facebookPageId', 'forceFull', 'limit'])).toBe(meant);
});

it('has nothing to offer where there is nothing', () => {
  expect(findClosest('page', [])).toBeUndefined();
});
