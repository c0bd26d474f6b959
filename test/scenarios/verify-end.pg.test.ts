/** The end of a verify, where it asks one by one for what was not listed: nobody waits for it, and nothing is asked twice. */
import { describe, expect, it } from 'vitest';
import { query, OLDEST } from '../support/verifies.ts';
import { openWorld } from '../support/world.ts';

describe('the end of a verify', () => {
  it('steps aside for a sync while it asks for what was not listed, and asks for nothing twice', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 300, latency: { baseMs: 60, perFullConversationMs: 0, perLightConversationMs: 0 } },
    });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    for (const id of await query(world, `${OLDEST} LIMIT 20`)) world.simulator.world.deleteConversation(id);
    let reads = 0;
    let readsBeforeSync: number | undefined;
    let sync: Promise<unknown> | undefined;
    const onEvent = (event: { readonly type: string }) => {
      if (event.type === 'run-started') readsBeforeSync = reads;
    };
    const stop = world.simulator.world.onCall((call) => {
      // Of one that is gone nobody knows what it was.
      if (call.kind !== 'unknown') return;
      reads += 1;
      sync ??= world.tidemark.sync({ facebookPageId, onEvent });
    });
    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    stop();
    await sync;
    expect(answer).toMatchObject({ status: 'succeeded', total: 280, counts: { deleted: 20 } });
    expect(readsBeforeSync).toBeLessThanOrEqual(12);
    expect(reads).toBe(20);
    const modes = (await world.tidemark.runs.list({})).map((run) => run.mode).toReversed();
    expect(modes).toEqual(['full', 'verify', 'incremental', 'verify']);
    expect(await world.differences()).toEqual([]);
  });

  it('ends in its time while it asks for what was not listed; the next one goes on with the rest alone', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 60 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const unlisted = await query(world, `${OLDEST} LIMIT 18`);
    for (const [index, id] of unlisted.entries()) {
      if (index % 2 === 0) world.simulator.world.deleteConversation(id);
      else world.simulator.world.hideConversation(id);
    }
    for (const repair of [false, true]) {
      const calls: number[] = [];
      const slice = async () => {
        const answer = await world.tidemark.verify({ facebookPageId, repair, maxDurationMs: 1 });
        calls.push(answer.graphCalls);
        return answer;
      };
      let answer = await slice();
      while (!answer.complete) answer = await slice();
      // The one list page and four reads; then reads alone.
      expect(calls).toEqual([5, 4, 4, 4, 2]);
      expect(answer).toMatchObject({ status: 'succeeded', total: 42, inconclusive: null, counts: { deleted: 9 } });
    }
    expect(await world.differences()).not.toEqual([]);
  });
});
