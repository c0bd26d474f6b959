import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphError } from './errors.ts';
import { DeadCursor, EndlessList, listPages, type ListOptions } from './list-pages.ts';
import type { CursorPage } from './model.ts';
import { createPageSize } from './page-size.ts';

interface Item {
  readonly id: string;
}
type Page = CursorPage<Item>;
type Ask = ListOptions<Page>['ask'];

const page = (ids: readonly string[], after?: string): Page => ({ items: ids.map((id) => ({ id })), after });
const fault = (kind: GraphError['kind'], code: GraphError['code'] = 'GRAPH_ERROR') =>
  new GraphError(code, `A fault: ${kind}.`, { kind });

/** Walks a list whose pages are asked for one after the other; answers what came, what was asked, and how it ended. */
async function walk(ask: Ask, options: Partial<ListOptions<Page>> = {}, most = 1000) {
  const asked: string[] = [];
  const ids: string[] = [];
  let error: unknown;
  const pages = listPages({
    from: undefined,
    size: createPageSize({ limit: 100 }),
    subject: 'the things',
    ...options,
    ask(request) {
      asked.push(`${request.after ?? 'head'} ${request.limit}`);
      return ask(request);
    },
  });
  try {
    for await (const { items } of pages) {
      ids.push(...items.map(({ id }) => id));
      if (asked.length >= most) throw new Error('It goes on and on.');
    }
  } catch (caught) {
    error = caught;
  }
  return { asked, ids, error };
}

/** Answers each request by the next of these; rejects with those that are errors. */
function script(...answers: readonly (Page | Error)[]): Ask {
  let step = 0;
  return async () => {
    const answer = answers[step++];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('Nobody foresaw this call.');
    return answer;
  };
}

describe('a list', () => {
  it('is walked to its end, from wherever it is begun', async () => {
    const ask = script(page(['a', 'b'], 'c1'), page(['c']));
    expect(await walk(ask)).toEqual({ asked: ['head 100', 'c1 100'], ids: ['a', 'b', 'c'], error: undefined });
    expect(await walk(script(page(['c'])), { from: 'c1' })).toMatchObject({ asked: ['c1 100'], ids: ['c'] });
  });

  it('is asked for as much as is wanted, within what its size allows', async () => {
    const wants = [30, 500];
    const ask = script(page(['a'], 'c1'), page(['b']));
    expect((await walk(ask, { wanted: () => wants.shift() ?? 0 })).asked).toEqual(['head 30', 'c1 100']);
  });

  it('may go on behind an empty page', async () => {
    const ask = script(page(['a'], 'c1'), page([], 'c2'), page([], 'c3'), page(['b']));
    expect(await walk(ask)).toMatchObject({ ids: ['a', 'b'], error: undefined });
  });

  it('has ended with an empty page only when Facebook says so twice', async () => {
    const twice = await walk(script(page(['a'], 'c1'), page([]), page([])));
    expect(twice).toEqual({ asked: ['head 100', 'c1 100', 'c1 100'], ids: ['a'], error: undefined });
    const once = await walk(script(page(['a'], 'c1'), page([]), page(['b'])));
    expect(once).toMatchObject({ ids: ['a', 'b'], error: undefined });
    expect((await walk(script(page([])))).asked).toHaveLength(1);
  });
});

describe('a size that Facebook cannot answer', () => {
  it('is halved, or cut to a tenth after silence, and never asked for again', async () => {
    const ask = script(
      fault('too-much-data'),
      fault('too-much-data', 'GRAPH_UNREACHABLE'),
      page(['a'], 'c1'),
      page([]),
    );
    const { asked } = await walk(ask, {}, 4);
    expect(asked).toEqual(['head 100', 'head 50', 'head 5', 'c1 5', 'c1 5']);
  });

  it('ends the list when a single item is too much', async () => {
    const { asked, error } = await walk(async () => {
      throw fault('too-much-data');
    });
    expect(asked.at(-1)).toBe('head 1');
    expect(error).toMatchObject({ kind: 'too-much-data' });
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('grows back, where it may, up to what was never too big', async () => {
    const size = createPageSize({ limit: 200, onFault: 'tenth', growsBack: true });
    const answers = [fault('transient'), ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => page([id], `c_${id}`))];
    const { asked } = await walk(script(...answers, fault('too-much-data'), page(['g'], 'c_g'), page(['h'])), { size });
    expect(asked.map((request) => Number(request.split(' ')[1]))).toEqual([
      200, 20, 40, 80, 160, 200, 200, 200, 100, 100,
    ]);
  });

  it('is no reason for other faults to be asked again', async () => {
    for (const kind of ['transient', 'throttled', 'token', 'permission'] as const) {
      expect(await walk(script(fault(kind)))).toMatchObject({ asked: ['head 100'], error: { kind } });
    }
  });
});

describe('a cursor', () => {
  it.each(['invalid', 'missing'] as const)('that is refused (%s) is dead; the head of a list is not', async (kind) => {
    const { error } = await walk(script(page(['a'], 'c1'), fault(kind)));
    expect(error).toBeInstanceOf(DeadCursor);
    expect(error).toMatchObject({ kind, message: `A fault: ${kind}.` });
    expect((await walk(script(fault(kind)))).error).not.toBeInstanceOf(DeadCursor);
  });

  it('of an earlier run is dead when it leads to nothing', async () => {
    const { asked, error } = await walk(script(page([])), { from: 'old', isFromEarlierRun: true });
    expect(error).toBeInstanceOf(DeadCursor);
    expect(asked).toHaveLength(1);
  });
});

describe('a list without end', () => {
  it('that leads back to a cursor is left, however long the circle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.integer({ min: 1, max: 20 }), async (before, length) => {
        let step = 0;
        const ask: Ask = async () => {
          step += 1;
          return page([`item ${step}`], `c${step < before ? step : before + ((step - before) % length)}`);
        };
        const { error, asked } = await walk(ask);
        expect(error).toBeInstanceOf(EndlessList);
        expect(asked.length).toBeLessThan(5 * (before + length) + 5);
      }),
    );
  });

  it('that shows the same items behind ever new cursors is left', async () => {
    let step = 0;
    const { error, asked } = await walk(async () => page([`item ${step++ % 7}`], `c${step}`));
    expect(error).toBeInstanceOf(EndlessList);
    expect(asked.length).toBeLessThan(40);
  });

  it('that shows nothing behind ever new cursors is left after a few', async () => {
    let step = 0;
    const { error, asked } = await walk(async () => page([], `c${step++}`));
    expect(error).toBeInstanceOf(EndlessList);
    expect(error).toMatchObject({ code: 'GRAPH_ERROR', message: expect.stringContaining('the things') });
    expect(asked).toHaveLength(5);
  });
});
