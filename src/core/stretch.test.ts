import { describe, expect, it } from 'vitest';
import type { MessageSnapshot, Stretch } from './model.ts';
import { joinStretch } from './stretch.ts';

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

const held = (stretch: Stretch | undefined, historyComplete = false) => ({ stretch, historyComplete });
const stretch: Stretch = { newest: { id: 'm5', createdAt: 5000 }, floor: { id: 'm3', createdAt: 3000 } };

describe('the held stretch (I14)', () => {
  it('begins with what a new conversation brings, its floor the oldest of it', () => {
    const join = joinStretch(undefined, [message('m2', 2000), message('m1', 1000)], false);
    expect(join).toEqual({
      joined: true,
      stretch: { newest: { id: 'm2', createdAt: 2000 }, floor: { id: 'm1', createdAt: 1000 } },
      historyComplete: false,
    });
  });

  it('is complete when Facebook has nothing older', () => {
    expect(joinStretch(undefined, [message('m1', 1000)], true)).toMatchObject({ joined: true, historyComplete: true });
    expect(joinStretch(undefined, [], true)).toEqual({ joined: true, stretch: undefined, historyComplete: true });
  });

  it('grows upward when the new messages reach its newest one, and keeps its floor', () => {
    const join = joinStretch(held(stretch, true), [message('m6', 6000), message('m5', 5000)], false);
    expect(join).toEqual({
      joined: true,
      stretch: { newest: { id: 'm6', createdAt: 6000 }, floor: { id: 'm3', createdAt: 3000 } },
      historyComplete: true,
    });
  });

  it('is not joined across a gap, whatever else may be held', () => {
    expect(joinStretch(held(stretch), [message('m9', 9000), message('m8', 8000)], false).joined).toBe(false);
  });

  it('is not joined by a message of the same second: times are whole seconds', () => {
    expect(joinStretch(held(stretch), [message('m9', 9000), message('m8', 5000)], false).joined).toBe(false);
  });

  it('is joined by a strictly older message when its newest one was deleted', () => {
    expect(joinStretch(held(stretch), [message('m9', 9000), message('m4', 4000)], false).joined).toBe(true);
  });

  it('is not joined by time in a list that is out of order', () => {
    const jumbled = [message('m4', 4000), message('m9', 9000), message('m2', 2000)];
    expect(joinStretch(held(stretch), jumbled, false).joined).toBe(false);
    expect(joinStretch(held(stretch), [message('m8', undefined), message('m2', 2000)], false).joined).toBe(false);
  });

  it('takes a new floor when what was brought goes below it', () => {
    const join = joinStretch(held(stretch), [message('m5', 5000), message('m3', 3000), message('m2', 2000)], false);
    expect(join.stretch?.floor).toEqual({ id: 'm2', createdAt: 2000 });
  });

  it('is not taken for complete on the word of a list that ends above the held messages', () => {
    const join = joinStretch(held(stretch, true), [message('m9', 9000)], true);
    expect(join).toMatchObject({ joined: true, historyComplete: false, stretch: { floor: { id: 'm9' } } });
    expect(joinStretch(held(stretch, false), [], true)).toEqual({ joined: true, stretch, historyComplete: false });
  });

  it('asks for more when a conversation with messages first shows none', () => {
    expect(joinStretch(held(stretch), [], false).joined).toBe(false);
  });
});
