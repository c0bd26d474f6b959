/**
 * Lists that never end: each answer is empty and promises more behind a cursor that nobody has seen before. After a few
 * of them that is no list any more, wherever it is met: the rest of the mirror must not wait for it.
 */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

/** From now on such lists are endless behind their first page. */
function makeEndless(world: TestWorld, kind: 'conversations' | 'messages'): () => void {
  let answers = 0;
  return world.simulator.world.onCall((call) => {
    if (call.kind !== kind || call.after === undefined) return;
    answers += 1;
    const paging = { cursors: { after: `fresh${answers}` }, next: 'https://graph.facebook.com/next' };
    const effect = { type: 'body', status: 200, body: JSON.stringify({ data: [], paging }) } as const;
    world.simulator.faults.add({ match: { kind }, times: 1, effect });
  });
}

const MESSAGES = { min: 200, max: 300, mean: 250 };

describe('a list that shows nothing behind ever new cursors', () => {
  it('of conversations fails the run, and the next one is whole', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 350 } });
    const stop = makeEndless(world, 'conversations');
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'GRAPH_ERROR',
      message: expect.stringContaining('empty pages'),
    });
    expect(world.takeCalls()).toBeLessThan(15);
    stop();
    world.simulator.faults.clear();
    expect(await world.tidemark.sync({ facebookPageId: world.pageIds[0] })).toMatchObject({ status: 'succeeded' });
    expect(await world.differences()).toEqual([]);
  });

  it('of messages sends its conversation to the retry ledger', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const busy = must(world.simulator.world.truth(pageId).conversations[9], 'twenty of them').id;
    for (let written = 0; written < 60; written++) world.simulator.world.newMessage(pageId, busy);
    world.simulator.world.activity({ pageId, newMessages: 5 });
    const stop = makeEndless(world, 'messages');
    world.takeCalls();
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'partial' });
    expect(world.takeCalls()).toBeLessThan(15);
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT conversation_id, reason FROM facebook_retry_ledger');
    expect(rows).toEqual([{ conversation_id: busy, reason: expect.stringContaining('empty pages') }]);
    stop();
    world.simulator.faults.clear();
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
    expect(await world.differences()).toEqual([]);
  });

  it('of older messages leaves that conversation alone for a while', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 2, messagesPerConversation: MESSAGES },
    });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const stop = makeEndless(world, 'messages');
    world.takeCalls();
    expect((await world.tidemark.collectHistory({})).results).toMatchObject([{ status: 'partial' }]);
    expect(world.takeCalls()).toBeLessThan(30);
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT history_problem FROM facebook_conversations');
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row).toMatchObject({ history_problem: expect.stringContaining('empty pages') });
    stop();
    world.simulator.faults.clear();
    await eye.client.query('UPDATE facebook_conversations SET history_retry_at = NULL');
    await world.tidemark.collectHistory({});
    expect(await world.differences()).toEqual([]);
  });
});
