import { describe, expect, it } from 'vitest';
import { arePlausiblyGone, judge } from './findings.ts';
import type { ConversationSnapshot, HeldConversation } from './model.ts';

const CUT_AT = Date.parse('2026-05-01T12:00:00Z');
const HOUR_MS = 3_600_000;

const listed = (updatedAt: number | undefined, messageCount = 3): ConversationSnapshot => ({
  id: 't_1',
  updatedAt,
  messageCount,
  unreadCount: 0,
  snippet: undefined,
  link: undefined,
  participants: [],
  contact: { id: '7', name: 'Ada', username: undefined, email: undefined },
  messages: undefined,
  raw: {},
});

const held = (collectedUpdatedAt: number, changes: Partial<HeldConversation> = {}): HeldConversation => ({
  collectedUpdatedAt,
  collectedMessageCount: 3,
  collected: true,
  stretch: undefined,
  historyComplete: true,
  deleted: false,
  sameSnapshot: true,
  ...changes,
});

const vouched = { cutAt: CUT_AT, failed: new Set<string>() };
const OLD = CUT_AT - HOUR_MS;

describe('a difference', () => {
  it('is none when what is held says the same', () => {
    expect(judge({ listed: listed(OLD), held: held(OLD) }, vouched)).toBeUndefined();
  });

  it('that changed below the cut should have been met', () => {
    expect(judge({ listed: listed(OLD), held: undefined }, vouched)).toMatchObject({
      kind: 'missing',
      conversationId: 't_1',
      contactName: 'Ada',
      shouldHaveBeenMet: true,
    });
    expect(judge({ listed: listed(OLD), held: held(OLD - 1000) }, vouched)).toMatchObject({
      kind: 'stale',
      shouldHaveBeenMet: true,
    });
  });

  it.each([
    ['changed above the cut', { listed: listed(CUT_AT), held: held(OLD) }],
    ['moved nothing: a message was taken away', { listed: listed(OLD, 2), held: held(OLD) }],
    ['is back from deletion', { listed: listed(OLD), held: held(OLD, { deleted: true }) }],
    ['has no time', { listed: listed(undefined), held: undefined }],
  ])('that %s is nobody’s fault', (_, comparison) => {
    expect(judge(comparison, vouched)).toMatchObject({ shouldHaveBeenMet: false });
  });

  it.each([
    ['no walk was complete before', { ...vouched, cutAt: undefined }],
    ['it is in the retry ledger', { ...vouched, failed: new Set(['t_1']) }],
  ])('is nobody’s fault when %s', (_, said) => {
    expect(judge({ listed: listed(OLD), held: undefined }, said)).toMatchObject({ shouldHaveBeenMet: false });
  });
});

describe('what a list did not show', () => {
  it.each([
    [20, 30, true],
    [21, 30, false],
    [100, 1000, true],
    [101, 1000, false],
  ])('%i of %i held: plausibly gone is %s', (unseen, all, plausible) => {
    expect(arePlausiblyGone({ unseen, held: all })).toBe(plausible);
  });
});
