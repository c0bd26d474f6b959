import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extend, joinRange, NOTHING_SCANNED } from './contiguous-range.ts';
import type { ContiguousRange, MessageSnapshot } from './model.ts';

function message(id: string, createdAt: number | undefined): MessageSnapshot {
  return {
    id,
    createdAt,
    from: undefined,
    direction: undefined,
    text: undefined,
    attachments: [],
    reactions: [],
    replyTo: undefined,
    raw: {},
  };
}

type Stored = Parameters<typeof joinRange>[0];
const join = (known: Stored, brought: readonly MessageSnapshot[], ended: boolean) =>
  joinRange(known, extend(NOTHING_SCANNED, brought, known), ended);

const stored = (range: ContiguousRange | undefined, historyComplete = false) => ({ range, historyComplete });
const range: ContiguousRange = { newest: { id: 'm5', createdAt: 5000 }, oldest: { id: 'm3', createdAt: 3000 } };

describe('the contiguous range (I14)', () => {
  it('begins with what a new conversation brings, down to the oldest of it', () => {
    const joined = join(undefined, [message('m2', 2000), message('m1', 1000)], false);
    expect(joined).toEqual({
      joined: true,
      range: { newest: { id: 'm2', createdAt: 2000 }, oldest: { id: 'm1', createdAt: 1000 } },
      historyComplete: false,
    });
  });

  it('is complete when Facebook has nothing older', () => {
    expect(join(undefined, [message('m1', 1000)], true)).toMatchObject({ joined: true, historyComplete: true });
    expect(join(undefined, [], true)).toEqual({ joined: true, range: undefined, historyComplete: true });
  });

  it('grows upward when the new messages reach its newest one, and keeps its oldest one', () => {
    const joined = join(stored(range, true), [message('m6', 6000), message('m5', 5000)], false);
    expect(joined).toEqual({
      joined: true,
      range: { newest: { id: 'm6', createdAt: 6000 }, oldest: { id: 'm3', createdAt: 3000 } },
      historyComplete: true,
    });
  });

  it('is not joined across a gap, whatever else may be stored', () => {
    expect(join(stored(range), [message('m9', 9000), message('m8', 8000)], false).joined).toBe(false);
  });

  it('is not joined by a message of the same second: times are whole seconds', () => {
    expect(join(stored(range), [message('m9', 9000), message('m8', 5000)], false).joined).toBe(false);
  });

  it('is joined by a strictly older message when its newest one was deleted', () => {
    expect(join(stored(range), [message('m9', 9000), message('m4', 4000)], false).joined).toBe(true);
  });

  it('is not joined by time in a list that is out of order', () => {
    const jumbled = [message('m4', 4000), message('m9', 9000), message('m2', 2000)];
    expect(join(stored(range), jumbled, false).joined).toBe(false);
    expect(join(stored(range), [message('m8', undefined), message('m2', 2000)], false).joined).toBe(false);
  });

  it('takes a new oldest message when what was brought goes below it', () => {
    const joined = join(stored(range), [message('m5', 5000), message('m3', 3000), message('m2', 2000)], false);
    expect(joined.range?.oldest).toEqual({ id: 'm2', createdAt: 2000 });
  });

  it('is not taken for complete on the word of a list that ends above the stored messages', () => {
    const joined = join(stored(range, true), [message('m9', 9000)], true);
    expect(joined).toMatchObject({ joined: true, historyComplete: false, range: { oldest: { id: 'm9' } } });
    expect(join(stored(range, false), [], true)).toEqual({ joined: true, range, historyComplete: false });
  });

  it('asks for more when a conversation with messages first shows none', () => {
    expect(join(stored(range), [], false).joined).toBe(false);
  });

  it('says the same of a scan in pieces as of the whole, however it is cut', () => {
    const points = fc.array(fc.record({ id: fc.integer({ min: 0, max: 12 }), second: fc.option(fc.nat(9)) }));
    const cases = fc.record({
      list: points,
      cuts: fc.array(fc.nat(20)),
      ended: fc.boolean(),
      isKnown: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ list, cuts, ended, isKnown }) => {
        const messages = list.map(({ id, second }) => message(`m${id}`, second === null ? undefined : second * 1000));
        const known = isKnown ? stored(range) : undefined;
        let scan = NOTHING_SCANNED;
        let from = 0;
        for (const to of [...cuts.toSorted((a, b) => a - b), messages.length]) {
          scan = extend(scan, messages.slice(from, to), known);
          if (joinRange(known, scan, false).joined) return;
          from = Math.max(from, to);
        }
        expect(joinRange(known, scan, ended)).toEqual(join(known, messages, ended));
      }),
    );
  });
});
