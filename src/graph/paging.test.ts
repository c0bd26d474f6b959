import { describe, expect, test } from 'vitest';
import { HEAD_CURSOR } from '../core/list-pages.ts';
import { GraphError } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import { list2015, listLinks } from '../../test/support/graph/payloads.ts';
import { parseItems, parseList, toCursorParams, toNextCursor, type ItemProblem } from './paging.ts';
import { OddItem } from './shapes.ts';

const parseTestList = (body: JsonValue, sentAfter?: string) =>
  parseList({ body, sentAfter, subject: 'the list of Page 5' });

describe('a list', () => {
  test('goes on by its cursor, only when it has a next link', () => {
    expect(parseTestList({ data: [1], paging: listLinks('QVFI') }).after).toBe('QVFI');
    expect(parseTestList({ data: [1], paging: { cursors: { before: 'a', after: 'b' } } }).after).toBeUndefined();
    expect(
      parseTestList({ data: [1], paging: { cursors: { after: 'b' }, previous: 'https://x.example' } }).after,
    ).toBeUndefined();
    expect(parseTestList({ data: [], paging: {} })).toEqual({ items: [], after: undefined });
    expect(parseTestList({ data: [] })).toEqual({ items: [], after: undefined });
  });

  test('goes on after an empty answer that has a next link', () => {
    expect(parseTestList({ data: [], paging: listLinks('QVFI') })).toEqual({ items: [], after: 'QVFI' });
  });

  test('that pages by time goes on by its position, and the token of its link is not part of it', () => {
    const { after } = parseTestList(list2015);
    expect(after).not.toContain('EAA');
    expect(toCursorParams(after)).toEqual({ since: '1426881131', until: '1427483617', __paging_token: 'enc_B' });
  });

  test('that repeats the cursor it was asked with is an error that says so', () => {
    expect(() => parseTestList({ data: [1], paging: listLinks('QVFI') }, 'QVFI')).toThrow(
      /repeats the same cursor for the list of Page 5/u,
    );
    expect(() => parseTestList(list2015, parseTestList(list2015).after)).toThrow(/repeats the same cursor/u);
    expect(parseTestList({ data: [1], paging: { cursors: { before: 'M', after: 'M' } } }, 'M').after).toBeUndefined();
  });

  test.each<JsonValue>([{}, { data: null }, { data: {} }, [], 'x', { paging: listLinks('a') }])(
    'that is none (%j) is an error, never an end',
    (body) => {
      expect(() => parseTestList(body)).toThrow(GraphError);
    },
  );

  test('that has more but does not say where is an error, never an end', () => {
    expect(() => parseTestList({ data: [1], paging: { next: 'https://x.example/?access_token=a' } })).toThrow(
      /where it goes on/u,
    );
    expect(toNextCursor({ next: 'https://x.example/' })).toBe(HEAD_CURSOR);
  });
});

test('the cursor of the head asks for the beginning', () => {
  expect(toCursorParams(HEAD_CURSOR)).toEqual({});
  expect(toCursorParams('QVFI')).toEqual({ after: 'QVFI' });
  expect(toCursorParams(undefined)).toEqual({ after: undefined });
});

describe('parseItems', () => {
  test('I12: reports an odd item with its place and goes on', () => {
    const problems: ItemProblem[] = [];
    const items = parseItems({
      items: [1, { id: 'odd' }, 3],
      parse: (item) => {
        if (typeof item !== 'number') throw new OddItem('it is not a number');
        return item;
      },
      subject: 'the numbers',
      onProblem: (problem) => problems.push(problem),
    });
    expect(items).toEqual([1, 3]);
    expect(problems).toEqual([
      { subject: 'the numbers', index: 1, id: 'odd', conversationId: 'odd', reason: 'it is not a number' },
    ]);
  });

  test('hands on every other fault', () => {
    const parse = () => {
      throw new TypeError('a fault of ours');
    };
    expect(() => parseItems({ items: [1], parse, subject: 'x', onProblem: () => {} })).toThrow('a fault of ours');
  });
});
