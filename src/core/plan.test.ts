import { describe, expect, it } from 'vitest';
import type { ConversationSnapshot, HeldConversation } from './model.ts';
import {
  type Comparison,
  differs,
  endsWalk,
  LIST_LIMIT,
  messagesFor,
  NESTED_MESSAGES,
  LOOK_LIMIT,
  planCollect,
  planLooks,
  type SurveyedPage,
} from './plan.ts';

const CUT_AT = 1_000_000;

function listed(id: string, changes: Partial<ConversationSnapshot> = {}): ConversationSnapshot {
  return {
    id,
    updatedAt: 2_000_000,
    messageCount: 5,
    unreadCount: 0,
    snippet: undefined,
    link: undefined,
    participants: [],
    contact: undefined,
    messages: undefined,
    raw: {},
    ...changes,
  };
}

function held(changes: Partial<HeldConversation> = {}): HeldConversation {
  return {
    collected: true,
    collectedUpdatedAt: 2_000_000,
    collectedMessageCount: 5,
    stretch: { newest: { id: 'm5', createdAt: 2_000_000 }, floor: { id: 'm1', createdAt: 1_000 } },
    historyComplete: true,
    deleted: false,
    sameSnapshot: true,
    ...changes,
  };
}

function pageOf(after: string | undefined, wanted: readonly boolean[], updatedAt = 2_000_000): SurveyedPage {
  const comparisons = wanted.map((_, index) => ({ listed: listed(`${after}_${index}`, { updatedAt }), held: held() }));
  return {
    after,
    next: undefined,
    top: undefined,
    hinted: false,
    comparisons,
    wanted: new Set(comparisons.filter((_, index) => wanted[index]).map((comparison) => comparison.listed.id)),
    listed: wanted.length,
    skipped: 0,
  };
}

describe('what differs (I2)', () => {
  const cases: readonly [string, Comparison, boolean][] = [
    ['a conversation that is not held', { listed: listed('a'), held: undefined }, true],
    ['one that was never collected', { listed: listed('a'), held: held({ collected: false }) }, true],
    ['one that came back from deletion', { listed: listed('a'), held: held({ deleted: true }) }, true],
    ['a newer time', { listed: listed('a', { updatedAt: 2_001_000 }), held: held() }, true],
    ['another count at the same time', { listed: listed('a', { messageCount: 6 }), held: held() }, true],
    ['a smaller count', { listed: listed('a', { messageCount: 4 }), held: held() }, true],
    [
      'no time, and something else changed',
      { listed: listed('a', { updatedAt: undefined }), held: held({ sameSnapshot: false }) },
      true,
    ],
    ['no time, and nothing changed', { listed: listed('a', { updatedAt: undefined }), held: held() }, false],
    ['no count, same time, nothing changed', { listed: listed('a', { messageCount: undefined }), held: held() }, false],
    [
      'no count, same time, and something else changed',
      { listed: listed('a', { messageCount: undefined }), held: held({ sameSnapshot: false }) },
      true,
    ],
    ['the same time and count', { listed: listed('a'), held: held() }, false],
    [
      'an older time: a late copy of what we know',
      { listed: listed('a', { updatedAt: 1_999_000 }), held: held() },
      false,
    ],
  ];
  for (const [name, comparison, expected] of cases) {
    it(`${name} → ${expected ? 'collect' : 'leave'}`, () => expect(differs(comparison)).toBe(expected));
  }
});

describe('the cheapest plan', () => {
  it('makes no call for a range in which nothing differs', () => {
    expect(planCollect([pageOf(undefined, [false, false])])).toEqual({ kind: 'nothing' });
  });

  it('reads a lone conversation by its id', () => {
    const plan = planCollect([pageOf(undefined, [false, false, true])]);
    expect(plan).toMatchObject({ kind: 'singles', wanted: [{ id: 'undefined_2' }] });
  });

  it('fetches several in one list call, no longer than the last of them needs', () => {
    const plan = planCollect([pageOf(undefined, [true, false, true, false, false])]);
    expect(plan).toMatchObject({ kind: 'list', after: undefined, limit: 3 });
  });

  it('begins that list at the first survey page with something to collect', () => {
    const pages = [pageOf(undefined, [false, false]), pageOf('c1', [false, true]), pageOf('c2', [true, false])];
    expect(planCollect(pages)).toMatchObject({ kind: 'list', after: 'c1', limit: 3 });
  });

  it('spans a probe and the hop after it by one call', () => {
    const plan = planCollect([pageOf(undefined, Array(25).fill(true)), pageOf('c1', Array(25).fill(true))]);
    expect(plan).toMatchObject({ kind: 'list', after: undefined, limit: 50 });
  });
});

describe('how many messages to bring along', () => {
  it('covers what the counts say is new, and a little more to join what is held', () => {
    const needed = messagesFor({ listed: listed('a', { messageCount: 7 }), held: held() });
    expect(needed).toBeGreaterThan(2);
    expect(needed).toBeLessThan(NESTED_MESSAGES);
  });

  it('goes as deep as a nested list does into a new conversation: it may be growing', () => {
    expect(messagesFor({ listed: listed('a', { messageCount: 2 }), held: undefined })).toBe(NESTED_MESSAGES);
  });

  it('takes no chances where the count is missing or went down', () => {
    expect(messagesFor({ listed: listed('a', { messageCount: undefined }), held: held() })).toBe(NESTED_MESSAGES);
    expect(messagesFor({ listed: listed('a', { messageCount: 2 }), held: held() })).toBe(NESTED_MESSAGES);
  });
});

it('what the survey brought along is not fetched again', () => {
  const page = pageOf('A', [true, true, true]);
  const messages = { items: [], after: undefined };
  const carrying = {
    ...page,
    comparisons: page.comparisons.map((each, index) =>
      index === 1 ? each : { ...each, listed: { ...each.listed, messages } },
    ),
  };
  expect(planCollect([carrying])).toMatchObject({ kind: 'singles', wanted: [{ id: 'A_1' }] });
});

describe('looks', () => {
  const known = { cutAt: CUT_AT, heldAboveCut: 0, nestedLimit: LIST_LIMIT, depth: Infinity };

  it('of an incremental walk begin short, but past everything that was last met above the cut, and carry nothing', () => {
    expect(planLooks(known)).toEqual({ firstLimit: 25, lookLimit: LIST_LIMIT, carried: 0 });
    expect(planLooks({ ...known, heldAboveCut: 50 }).firstLimit).toBeGreaterThan(50);
    expect(planLooks({ ...known, heldAboveCut: 5000 }).firstLimit).toBe(LIST_LIMIT);
  });

  it('of a full walk take what they can get, and carry no more messages than are mirrored', () => {
    const full = { ...known, cutAt: undefined };
    expect(planLooks(full)).toEqual({ firstLimit: LOOK_LIMIT, lookLimit: LOOK_LIMIT, carried: NESTED_MESSAGES });
    expect(planLooks({ ...full, depth: 5 }).carried).toBe(5);
  });

  it('carry nothing where full lists with messages were too big for Facebook before', () => {
    expect(planLooks({ ...known, cutAt: undefined, nestedLimit: 50 }).carried).toBe(0);
  });
});

describe('where an incremental walk may end', () => {
  it('ends at a page that reaches below the cut, with nothing below it that differs', () => {
    expect(endsWalk(pageOf(undefined, [false, false], CUT_AT - 1), CUT_AT)).toBe(true);
  });

  it('goes on while something below the cut differs', () => {
    expect(endsWalk(pageOf(undefined, [false, true], CUT_AT - 1), CUT_AT)).toBe(false);
  });

  it('goes on at the cut itself: times are whole seconds', () => {
    expect(endsWalk(pageOf(undefined, [false, false], CUT_AT), CUT_AT)).toBe(false);
  });

  it('never ends early without a cut, nor at an empty page', () => {
    expect(endsWalk(pageOf(undefined, [false], CUT_AT - 1), undefined)).toBe(false);
    expect(endsWalk(pageOf(undefined, []), CUT_AT)).toBe(false);
  });
});
