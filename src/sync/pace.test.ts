import { expect, it } from 'vitest';
import type { ConversationSource, ListRequest } from '../core/ports.ts';
import { listed } from '../../test/support/core/surveyed.ts';
import { openPace } from './pace.ts';

/** Answers lists of any length, each after the time that `msFor` gives it. */
function sourceOf(msFor: (request: ListRequest) => number | undefined): ConversationSource {
  const nobody = () => Promise.reject(new Error('Only lists are asked for.'));
  return {
    listConversations: (request) => {
      const items = Array.from({ length: request.limit }, (_, index) => listed(`t_${index}`));
      return Promise.resolve({ items, after: undefined, servedAt: undefined, tookMs: msFor(request) });
    },
    fetchConversation: nobody,
    listMessages: nobody,
    callCount: () => 0,
  };
}

const budget = () => ({ callsPerSecond: 2, isScarce: false });
const nested = { limit: 100, after: undefined, messages: 25, since: undefined };

it('learns from every list, with and without messages apart, and plans by it from then on', async () => {
  const pace = openPace(
    sourceOf(({ messages }) => (messages > 0 ? 20_000 : 440)),
    budget,
  );
  const before = pace.looksPerCarry(100);
  for (let round = 0; round < 10; round++) await pace.source.listConversations({ ...nested, messages: 0 });
  expect(pace.looksPerCarry(100)).toBe(before);
  for (let round = 0; round < 10; round++) await pace.source.listConversations(nested);
  expect(pace.looksPerCarry(100)).toBeGreaterThan(before);
  expect(pace.times().nested.baseMs).toBeGreaterThan(pace.times().light.baseMs);
});

it('learns nothing from an answer that nobody timed', async () => {
  const pace = openPace(
    sourceOf(() => undefined),
    budget,
  );
  const before = pace.times();
  await pace.source.listConversations(nested);
  expect(pace.times()).toEqual(before);
});

it('saves calls from the moment they run short', () => {
  const pool = { isScarce: false };
  const pace = openPace(
    sourceOf(() => 400),
    () => ({ callsPerSecond: 2, ...pool }),
  );
  expect(pace.looksPerCarry(100)).toBeGreaterThan(0);
  pool.isScarce = true;
  expect(pace.looksPerCarry(100)).toBe(0);
});
