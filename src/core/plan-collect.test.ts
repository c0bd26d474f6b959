import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { must } from '../lib/must.ts';
import { LIST_LIMIT, NESTED_MESSAGES } from './plan.ts';
import { type CollectPlan, messagesFor, planCollect } from './plan-collect.ts';
import { listed, pageOf, stored } from '../../test/support/core/surveyed.ts';

const MEANS = { depth: Infinity, nestedLimit: LIST_LIMIT };

/** A page of so many conversations, of which those at the places are wanted. */
function pageWith(after: string | undefined, length: number, places: readonly number[]) {
  return pageOf(
    after,
    Array.from({ length }, (_, place) => places.includes(place)),
  );
}

function callsOf({ list, singles }: CollectPlan, nestedLimit: number): number {
  return Math.ceil((list?.limit ?? 0) / nestedLimit) + singles.length;
}

describe('the cheapest plan', () => {
  it('makes no call for a range in which nothing differs', () => {
    expect(planCollect([pageOf(undefined, [false, false])], MEANS)).toEqual({ list: undefined, singles: [] });
  });

  it('reads a lone conversation by its id', () => {
    const plan = planCollect([pageOf(undefined, [false, false, true])], MEANS);
    expect(plan).toMatchObject({ list: undefined, singles: [{ id: 'undefined_2' }] });
  });

  it('fetches several in one list call, no longer than the last of them needs', () => {
    const plan = planCollect([pageOf(undefined, [true, false, true, false, false])], MEANS);
    expect(plan).toMatchObject({ list: { after: undefined, limit: 3 }, singles: [] });
  });

  it('begins that list at the first survey page with something to collect', () => {
    const pages = [pageOf(undefined, [false, false]), pageOf('c1', [false, true]), pageOf('c2', [true, false])];
    expect(planCollect(pages, MEANS)).toMatchObject({ list: { after: 'c1', limit: 3 }, singles: [] });
  });

  it('spans a probe and the hop after it by one call', () => {
    const plan = planCollect([pageOf(undefined, Array(25).fill(true)), pageOf('c1', Array(25).fill(true))], MEANS);
    expect(plan).toMatchObject({ list: { after: undefined, limit: 50 }, singles: [] });
  });

  it('reads few that lie far apart by their ids where Facebook brings few at once', () => {
    const plan = planCollect([pageWith(undefined, 100, [1, 98])], { ...MEANS, nestedLimit: 10 });
    expect(plan).toMatchObject({ list: undefined, singles: [{ id: 'undefined_1' }, { id: 'undefined_98' }] });
  });

  it('fetches the crowd by a list and the stragglers by their ids', () => {
    const crowd = Array.from({ length: 20 }, (_, place) => place);
    const plan = planCollect([pageWith(undefined, 100, [...crowd, 97])], { ...MEANS, nestedLimit: 10 });
    expect(plan).toMatchObject({ list: { after: undefined, limit: 20 }, singles: [{ id: 'undefined_97' }] });
  });

  it('reads one that is listed twice, because it moved while the list was paged, once', () => {
    const moved = { listed: listed('moved'), stored: undefined };
    const pages = ['c1', 'c2'].map((after) => ({
      ...pageOf(after, Array(30).fill(false)),
      changed: new Set(['moved']),
    }));
    const [first, second] = pages.map((page, index) => ({
      ...page,
      comparisons: index === 0 ? [...page.comparisons, moved] : [moved, ...page.comparisons],
    }));
    expect(planCollect([must(first, 'two'), must(second, 'two')], MEANS)).toMatchObject({
      list: undefined,
      singles: [{ id: 'moved' }],
    });
  });

  it('prefers the quicker of two plans with as many calls', () => {
    // A list would take two calls as well, and bring two hundred conversations.
    const plan = planCollect([pageWith('c1', 200, [0, 199])], MEANS);
    expect(plan).toMatchObject({ list: undefined, singles: [{ id: 'c1_0' }, { id: 'c1_199' }] });
  });

  it('brings all that is wanted, each once, and no other plan makes fewer calls', () => {
    const anyPage = fc.array(fc.boolean(), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(anyPage, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 12 }), (flags, most) => {
        const pages = flags.map((wanted, index) => pageOf(index === 0 ? undefined : `c${index}`, wanted));
        const all = pages.flatMap((page) => page.comparisons.map(({ listed: { id } }) => id));
        const wanted = new Set(pages.flatMap((page) => [...page.changed]));
        const plan = planCollect(pages, { ...MEANS, nestedLimit: most });

        const starts = pages.map((_, index) => pages.slice(0, index).flatMap((page) => page.comparisons).length);
        const from = starts[pages.findIndex((page) => page.after === plan.list?.after)] ?? 0;
        const fromList = new Set(all.slice(from, from + (plan.list?.limit ?? 0)));
        const read = plan.singles.map(({ id }) => id);
        expect(read.filter((id) => fromList.has(id) || !wanted.has(id))).toEqual([]);
        expect(new Set([...read, ...[...fromList].filter((id) => wanted.has(id))])).toEqual(wanted);

        // Every list from the start of a page, of any length, with single reads for the rest.
        const choices = starts.flatMap((start) =>
          Array.from({ length: all.length - start + 1 }, (_, length) => {
            const brought = new Set(all.slice(start, start + length));
            return Math.ceil(length / most) + [...wanted].filter((id) => !brought.has(id)).length;
          }),
        );
        expect(callsOf(plan, most)).toBe(Math.min(...choices));
      }),
    );
  });
});

describe('how many messages to bring along', () => {
  it('covers what the counts say is new, and a little more to join what is held', () => {
    const needed = messagesFor({ listed: listed('a', { messageCount: 7 }), stored: stored() });
    expect(needed).toBeGreaterThan(2);
    expect(needed).toBeLessThan(NESTED_MESSAGES);
  });

  it('goes as deep as a nested list does into a new conversation: it may be growing', () => {
    expect(messagesFor({ listed: listed('a', { messageCount: 2 }), stored: undefined })).toBe(NESTED_MESSAGES);
  });

  it('takes no chances where the count is missing or went down', () => {
    expect(messagesFor({ listed: listed('a', { messageCount: undefined }), stored: stored() })).toBe(NESTED_MESSAGES);
    expect(messagesFor({ listed: listed('a', { messageCount: 2 }), stored: stored() })).toBe(NESTED_MESSAGES);
  });
});

it('what the survey brought along is not fetched again', () => {
  const page = pageOf('A', [true, true, true]);
  const messages = { items: [], after: undefined };
  const carrying = {
    ...page,
    comparisons: page.comparisons.map((comparison, index) =>
      index === 1 ? comparison : { ...comparison, listed: { ...comparison.listed, messages } },
    ),
  };
  expect(planCollect([carrying], MEANS)).toMatchObject({ list: undefined, singles: [{ id: 'A_1' }] });
});
