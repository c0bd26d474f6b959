import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageSnapshot, Stretch } from './model.ts';
import { descend, joinStretch, TOP_OF_CONVERSATION } from './stretch.ts';

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

type Held = Parameters<typeof joinStretch>[0];
const join = (known: Held, brought: readonly MessageSnapshot[], ended: boolean) =>
  joinStretch(known, descend(TOP_OF_CONVERSATION, brought, known), ended);

const held = (stretch: Stretch | undefined, historyComplete = false) => ({ stretch, historyComplete });
const stretch: Stretch = { newest: { id: 'm5', createdAt: 5000 }, floor: { id: 'm3', createdAt: 3000 } };

describe('the held stretch (I14)', () => {
  it('begins with what a new conversation brings, its floor the oldest of it', () => {
    const joined = join(undefined, [message('m2', 2000), message('m1', 1000)], false);
    expect(joined).toEqual({
      joined: true,
      stretch: { newest: { id: 'm2', createdAt: 2000 }, floor: { id: 'm1', createdAt: 1000 } },
      historyComplete: false,
    });
  });

  it('is complete when Facebook has nothing older', () => {
    expect(join(undefined, [message('m1', 1000)], true)).toMatchObject({ joined: true, historyComplete: true });
    expect(join(undefined, [], true)).toEqual({ joined: true, stretch: undefined, historyComplete: true });
  });

  it('grows upward when the new messages reach its newest one, and keeps its floor', () => {
    const joined = join(held(stretch, true), [message('m6', 6000), message('m5', 5000)], false);
    expect(joined).toEqual({
      joined: true,
      stretch: { newest: { id: 'm6', createdAt: 6000 }, floor: { id: 'm3', createdAt: 3000 } },
      historyComplete: true,
    });
  });

  it('is not joined across a gap, whatever else may be held', () => {
    expect(join(held(stretch), [message('m9', 9000), message('m8', 8000)], false).joined).toBe(false);
  });

  it('is not joined by a message of the same second: times are whole seconds', () => {
    expect(join(held(stretch), [message('m9', 9000), message('m8', 5000)], false).joined).toBe(false);
  });

  it('is joined by a strictly older message when its newest one was deleted', () => {
    expect(join(held(stretch), [message('m9', 9000), message('m4', 4000)], false).joined).toBe(true);
  });

  it('is not joined by time in a list that is out of order', () => {
    const jumbled = [message('m4', 4000), message('m9', 9000), message('m2', 2000)];
    expect(join(held(stretch), jumbled, false).joined).toBe(false);
    expect(join(held(stretch), [message('m8', undefined), message('m2', 2000)], false).joined).toBe(false);
  });

  it('takes a new floor when what was brought goes below it', () => {
    const joined = join(held(stretch), [message('m5', 5000), message('m3', 3000), message('m2', 2000)], false);
    expect(joined.stretch?.floor).toEqual({ id: 'm2', createdAt: 2000 });
  });

  it('is not taken for complete on the word of a list that ends above the held messages', () => {
    const joined = join(held(stretch, true), [message('m9', 9000)], true);
    expect(joined).toMatchObject({ joined: true, historyComplete: false, stretch: { floor: { id: 'm9' } } });
    expect(join(held(stretch, false), [], true)).toEqual({ joined: true, stretch, historyComplete: false });
  });

  it('asks for more when a conversation with messages first shows none', () => {
    expect(join(held(stretch), [], false).joined).toBe(false);
  });

  it('says the same of a way down in pieces as of the whole, however it is cut', () => {
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
        const known = isKnown ? held(stretch) : undefined;
        let way = TOP_OF_CONVERSATION;
        let from = 0;
        for (const to of [...cuts.toSorted((a, b) => a - b), messages.length]) {
          way = descend(way, messages.slice(from, to), known);
          if (joinStretch(known, way, false).joined) return;
          from = Math.max(from, to);
        }
        expect(joinStretch(known, way, ended)).toEqual(join(known, messages, ended));
      }),
    );
  });
});
