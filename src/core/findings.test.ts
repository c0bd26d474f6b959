import { describe, expect, it } from 'vitest';
import { arePlausiblyGone, toFinding } from './findings.ts';
import type { ConversationSnapshot, StoredConversation } from './model.ts';

const LOOKBACK_START = Date.parse('2026-05-01T12:00:00Z');
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

const stored = (collectedUpdatedAt: number, changes: Partial<StoredConversation> = {}): StoredConversation => ({
  collectedUpdatedAt,
  collectedMessageCount: 3,
  collected: true,
  range: undefined,
  historyComplete: true,
  heldMessageCount: undefined,
  rows: undefined,
  deleted: false,
  sameSnapshot: true,
  ...changes,
});

const prior = { lookbackStart: LOOKBACK_START, failed: new Set<string>() };
const OLD = LOOKBACK_START - HOUR_MS;

describe('a difference', () => {
  it('is none when what is stored says the same', () => {
    expect(toFinding({ listed: listed(OLD), stored: stored(OLD) }, prior)).toBeUndefined();
  });

  it('that changed before the lookback was missed by a sync', () => {
    expect(toFinding({ listed: listed(OLD), stored: undefined }, prior)).toMatchObject({
      kind: 'missing',
      conversationId: 't_1',
      contactName: 'Ada',
      missedBySync: true,
    });
    expect(toFinding({ listed: listed(OLD), stored: stored(OLD - 1000) }, prior)).toMatchObject({
      kind: 'stale',
      missedBySync: true,
    });
  });

  it.each([
    ['changed within the lookback', { listed: listed(LOOKBACK_START), stored: stored(OLD) }],
    ['moved nothing: a message was taken away', { listed: listed(OLD, 2), stored: stored(OLD) }],
    ['is back from deletion', { listed: listed(OLD), stored: stored(OLD, { deleted: true }) }],
    ['has no time', { listed: listed(undefined), stored: undefined }],
  ])('that %s is nobody’s fault', (_, comparison) => {
    expect(toFinding(comparison, prior)).toMatchObject({ missedBySync: false });
  });

  it.each([
    ['no walk was complete before', { ...prior, lookbackStart: undefined }],
    ['it is in the retry ledger', { ...prior, failed: new Set(['t_1']) }],
  ])('is nobody’s fault when %s', (_, said) => {
    expect(toFinding({ listed: listed(OLD), stored: undefined }, said)).toMatchObject({ missedBySync: false });
  });
});

describe('what a list did not show', () => {
  it.each([
    [20, 30, true],
    [21, 30, false],
    [100, 1000, true],
    [101, 1000, false],
  ])('%i of %i stored: plausibly gone is %s', (unseen, all, plausible) => {
    expect(arePlausiblyGone({ unseen, stored: all })).toBe(plausible);
  });
});
