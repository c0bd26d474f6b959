/** What random tests and readers have found, each as the smallest scenario that shows it. */
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { findWatermark } from '../support/promises.ts';
import { openWorld } from '../support/world.ts';

const MINUTE_MS = 60_000;

describe('a walk that is cut into slices', () => {
  it('does not take what a lossy since hid from its first slice for met (I2)', async () => {
    // What a lossy since hides follows from seed and times.
    let now = Date.UTC(2026, 0, 1);
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 200, since: 'lossy', seed: 5, now: () => now },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const threads = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
    const writeIn = (ids: readonly string[]) => {
      for (const id of ids) {
        now += MINUTE_MS;
        world.simulator.world.newMessage(pageId, id);
      }
    };
    writeIn(threads.slice(0, 150));
    const slice = await world.tidemark.sync({ facebookPageId: pageId, maxDurationMs: 1 });
    expect(slice.status).toBe('partial');
    // So that the first look of the next walk ends among what the slice had listed.
    writeIn(threads.slice(185));
    for (let syncs = 0; syncs < 4; syncs++) {
      expect((await world.tidemark.sync({ facebookPageId: pageId })).status).toBe('succeeded');
    }
    expect(await world.differences()).toEqual([]);
  });

  it('that is ended by a plain sync brings what was there when that sync was asked for', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 300 } });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId, maxDurationMs: 1 });
    world.simulator.world.activity({ pageId, newMessages: 3 });
    expect((await world.tidemark.sync({ facebookPageId: pageId })).status).toBe('succeeded');
    expect(await world.differences()).toEqual([]);
  });

  it('begins again when Facebook answers its old cursor with a fault that does not pass', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 300 } });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId, maxDurationMs: 1 });
    const before = world.simulator.calls.all.length;
    const stop = world.simulator.world.onCall((call) => {
      // The cursor of the first slice, and only that one.
      const isOld = call.after !== undefined && call.messagesLimit === 0 && !oldIsGone();
      if (isOld)
        world.simulator.faults.add({ match: { kind: 'conversations' }, times: 1, effect: { type: 'error', code: 1 } });
    });
    const oldIsGone = () => world.simulator.calls.all.slice(before).some((call) => call.after === undefined);
    const answers = [];
    for (let syncs = 0; syncs < 3; syncs++) {
      answers.push(
        await world.tidemark.sync({ facebookPageId: pageId }).then(
          (answer) => answer.status,
          () => 'failed',
        ),
      );
    }
    stop();
    expect(answers.at(-1)).toBe('succeeded');
  });
});

describe('a conversation that is deleted between survey and collect', () => {
  it('does not leave the Page partial, and every later sync full, for ever', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 30 } });
    const pageId = must(world.pageIds[0], 'a Page');
    const doomed = must(world.simulator.world.truth(pageId).conversations[7], 'thirty of them').id;
    let lists = 0;
    const stop = world.simulator.world.onCall((call) => {
      if (call.kind === 'conversations' && ++lists === 2) world.simulator.world.deleteConversation(doomed);
    });
    await world.tidemark.sync({ facebookPageId: pageId });
    stop();
    let last;
    for (let syncs = 0; syncs < 3; syncs++) last = await world.tidemark.sync({ facebookPageId: pageId });
    expect(last).toMatchObject({ status: 'succeeded' });
    expect(last?.lastSyncedAt).not.toBeNull();
  });
});

describe('the watermark (I1)', () => {
  it('does not go back because the first walks were partial', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 30 },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    const { simulator } = world;
    const [first, , third] = simulator.world.truth(pageId).conversations;
    // The list breaks, so that the threads are read one by one, and one of those reads is refused.
    let lists = 0;
    const stop = simulator.world.onCall((call) => {
      if (call.kind === 'conversations' && ++lists === 2) simulator.world.deleteConversation(must(third, 'a third').id);
    });
    await world.tidemark.sync({ facebookPageId: pageId });
    stop();
    await using eye = await openEye(world.databaseUrl);
    const reach = async () => must(await findWatermark(eye.client, pageId), 'a walk was complete');
    const before = await reach();
    simulator.world.deleteConversation(must(first, 'a first').id);
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await reach()).toBeGreaterThanOrEqual(before);
  });
});

describe('an engine that is closed', () => {
  it('lets a history run that was asked for end at its next step, and leaves no lease behind', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: {
        conversations: 12,
        messagesPerConversation: { min: 200, max: 450, mean: 300 },
        latency: { baseMs: 20 },
      },
    });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const engine = await createTidemark(world.settings);
    // While a call is under way, not between two of them.
    let closing;
    world.simulator.world.onCall((call) => {
      if (call.kind === 'messages') closing ??= engine.close();
    });
    await expect(engine.collectHistory({})).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await closing;
    const runs = await world.tidemark.runs.list({});
    expect(runs.filter((run) => run.status === 'running')).toEqual([]);
  });
});

describe('a history run that Facebook refuses', () => {
  it('is partial, not succeeded, while older messages are still to be brought', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 3, messagesPerConversation: { min: 60, max: 90, mean: 70 } },
    });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    world.simulator.faults.add({ match: { kind: 'messages' }, times: 3, effect: { type: 'error', code: 100 } });
    const { results } = await world.tidemark.collectHistory({});
    expect(await world.differences()).not.toEqual([]);
    expect(results[0]).toMatchObject({ status: 'partial' });
  });

  it('by trouble that passes tries again soon, not after a day', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 1, messagesPerConversation: { min: 60, max: 60, mean: 60 } },
    });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    world.simulator.faults.add({
      match: { kind: 'messages' },
      times: 4,
      effect: { type: 'error', code: 1, status: 500 },
    });
    await world.tidemark.collectHistory({});
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query<{ hours: number }>(
      `SELECT extract(epoch FROM history_retry_at - now())::float8 / 3600 AS hours FROM facebook_conversations`,
    );
    expect(rows[0]?.hours ?? 0).toBeLessThan(1);
  });
});

describe('a list of messages that ends before the held ones', () => {
  it('does not make a conversation complete that is not: an empty answer is no proof', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 10 } });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const busy = must(world.simulator.world.truth(pageId).conversations[4], 'ten of them').id;
    for (let count = 0; count < 60; count++) world.simulator.world.newMessage(pageId, busy);
    world.simulator.faults.add({
      match: { kind: 'messages' },
      effect: { type: 'body', status: 200, body: '{"data":[]}' },
    });
    for (let syncs = 0; syncs < 3; syncs++) await world.tidemark.sync({ facebookPageId: pageId });
    await world.tidemark.collectHistory({});
    expect(await world.differences()).toEqual([]);
  });
});

describe('a list of conversations that breaks off', () => {
  it('with an empty page is not taken for ended before Facebook has said so twice', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 500 } });
    world.simulator.faults.add({
      match: { kind: 'conversations', after: 4 },
      times: 1,
      effect: { type: 'body', status: 200, body: '{"data":[]}' },
    });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(answer).toMatchObject({ status: 'succeeded', total: 500 });
    expect(await world.differences()).toEqual([]);
  });
});
