/**
 * A fault of Facebook that stays until less is asked for, wherever it is met: lists, single reads, the way down a
 * conversation, its history, the Pages of a person. Each asks for less, and what was shown is kept.
 */
import { describe, expect, it } from 'vitest';
import type { Call } from '../../simulator/calls.ts';
import type { FaultEffect } from '../../simulator/faults.ts';
import type { Simulator } from '../../simulator/server.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

type Refusal = Extract<FaultEffect, { type: 'error' }>;

const OWN_FAULTS: readonly Refusal[] = [
  { type: 'error', code: 1, status: 500 },
  { type: 'error', code: 2, status: 500, isTransient: true },
  { type: 'error', code: -3, status: 400, message: '(#-3) Unknown error' },
  { type: 'error', code: 1, status: 500, isTransient: false },
];

const nameOf = ({ code, isTransient }: Refusal) => `code ${code}${isTransient === false ? ', marked as lasting' : ''}`;

/** From now on a call that asks for more than Facebook can answer is refused. Answers how many such calls came. */
function refuseAbove(simulator: Simulator, isTooMuch: (call: Call) => boolean, effect: FaultEffect): () => number {
  let refused = 0;
  simulator.world.onCall((call) => {
    if (!isTooMuch(call)) return;
    refused += 1;
    simulator.faults.add({ times: 1, effect });
  });
  return () => refused;
}

const itemsOf = ({ limit = 1, messagesLimit }: Call) => limit * Math.max(1, messagesLimit);

describe.concurrent('a fault that stays until less is asked for', () => {
  for (const effect of OWN_FAULTS) {
    const name = nameOf(effect);

    it(`(${name}) of lists and single reads costs calls, and no conversation`, { timeout: 120_000 }, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 60 } });
      const { simulator, tidemark } = world;
      const pageId = must(world.pageIds[0], 'a Page');
      const isAbove = (most: number) => (call: Call) => call.messagesLimit > most || itemsOf(call) > 100;
      refuseAbove(simulator, isAbove(12), effect);
      expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', openRetries: [] });
      const threads = simulator.world.truth(pageId).conversations.map(({ id }) => id);
      for (const place of [3, 40]) simulator.world.newMessage(pageId, threads[place]);
      expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', synced: 2 });
      await tidemark.collectHistory({});
      expect(await world.differences()).toEqual([]);
    });

    it(`(${name}) on the way down to what is stored leaves no gap`, { timeout: 120_000 }, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
      const { simulator, tidemark } = world;
      const pageId = must(world.pageIds[0], 'a Page');
      await tidemark.sync({ facebookPageId: pageId });
      const busy = must(simulator.world.truth(pageId).conversations[4], 'twenty of them').id;
      for (let written = 0; written < 90; written++) simulator.world.newMessage(pageId, busy);
      const isAbove = ({ kind, limit = 25 }: Call) => kind === 'messages' && limit > 30;
      const refused = refuseAbove(simulator, isAbove, effect);
      expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', synced: 1 });
      expect(refused()).toBeGreaterThan(0);
      expect(await world.differences()).toEqual([]);
    });

    it(`(${name}) of older messages ends no history`, { timeout: 120_000 }, async () => {
      await using world = await openWorld({
        version: 17,
        simulator: { conversations: 2, messagesPerConversation: { min: 150, max: 200, mean: 170 } },
      });
      await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
      const isAbove = ({ kind, limit = 25 }: Call) => kind === 'messages' && limit > 30;
      const refused = refuseAbove(world.simulator, isAbove, effect);
      const { results } = await world.tidemark.collectHistory({});
      expect(results).toMatchObject([{ status: 'succeeded' }]);
      expect(refused()).toBeGreaterThan(0);
      expect(await world.differences()).toEqual([]);
    });

    it(`(${name}) of the Pages of a person connects them all`, { timeout: 120_000 }, async () => {
      await using world = await openWorld({
        version: 17,
        connect: false,
        simulator: { pages: 40, conversations: 1 },
      });
      const isAbove = ({ kind, limit = 25 }: Call) => kind === 'accounts' && limit > 15;
      refuseAbove(world.simulator, isAbove, effect);
      const { connected } = await world.tidemark.pages.connect(new Secret(world.simulator.world.tokens.user));
      expect(connected).toHaveLength(40);
    });
  }
});

describe('a conversation of which Facebook shows a part', () => {
  it(
    'keeps that part, waits in the retry ledger, and makes no later sync a full one',
    { timeout: 120_000 },
    async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
      const { simulator, tidemark } = world;
      const pageId = must(world.pageIds[0], 'a Page');
      await tidemark.sync({ facebookPageId: pageId });
      const busy = must(simulator.world.truth(pageId).conversations[4], 'twenty of them').id;
      for (let written = 0; written < 60; written++) simulator.world.newMessage(pageId, busy);
      // Its newest messages come with the conversation; those below are refused, however few are asked for.
      const fault = { match: { kind: 'messages', objectId: busy }, times: 'always', effect: OWN_FAULTS[3] } as const;
      simulator.faults.add({ ...fault, effect: must(fault.effect, 'one') });
      const first = await tidemark.sync({ facebookPageId: pageId });
      expect(first).toMatchObject({ status: 'partial', openRetries: [{ conversationId: busy }], eventsCreated: 25 });
      await using eye = await openEye(world.databaseUrl);
      const { rows } = await eye.client.query(
        `SELECT count(*)::int AS held FROM facebook_messages WHERE conversation_id = $1
       AND created_time > (SELECT newest_message_time FROM facebook_conversations WHERE id = $1)`,
        [busy],
      );
      expect(rows).toEqual([{ held: 25 }]);
      expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ syncMode: 'incremental' });
      simulator.faults.clear();
      await eye.client.query('UPDATE facebook_retry_ledger SET next_attempt_at = now()');
      expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', openRetries: [] });
      expect(await world.differences()).toEqual([]);
    },
  );
});
