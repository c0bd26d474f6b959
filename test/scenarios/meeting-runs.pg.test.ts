/**
 * Runs that meet: one steps aside for another, waits for it, or ends while it waits. Nobody waits longer than the time
 * given, and what a run has found out survives its pause.
 */
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const LISTED_SLOWLY = { baseMs: 60, perFullConversationMs: 0, perLightConversationMs: 0 };

async function withHistory(conversations: number): Promise<TestWorld> {
  const world = await openWorld({
    version: 17,
    simulator: { conversations, messagesPerConversation: { min: 40, max: 60, mean: 50 }, latency: { baseMs: 30 } },
  });
  await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  world.simulator.faults.add({
    match: { kind: 'messages' },
    times: 'always',
    effect: { type: 'error', code: 100 },
  });
  return world;
}

const askedForMessages = ({ simulator }: TestWorld) =>
  simulator.calls.all.filter(({ kind }) => kind === 'messages').length;

describe('history that Facebook refuses for one conversation after another', () => {
  it('gives the Page to a sync that waits', async () => {
    await using world = await withHistory(100);
    let asked = 0;
    let sync: Promise<unknown> | undefined;
    world.simulator.world.onCall(({ kind }) => {
      if (kind === 'messages' && sync === undefined) {
        sync = world.tidemark.sync({ facebookPageId: world.pageIds[0] }).then(() => (asked = askedForMessages(world)));
      }
    });
    await world.tidemark.collectHistory({});
    await sync;
    expect(asked).toBeLessThan(50);
  });

  it('ends when its time is over', async () => {
    await using world = await withHistory(30);
    await world.tidemark.collectHistory({ maxDurationMs: 1 });
    // The one conversation that was begun, by its cursor and from its top.
    expect(askedForMessages(world)).toBeLessThanOrEqual(2);
  });
});

describe('a verify that steps aside for a sync', () => {
  it('knows afterwards what it has seen, even when another verify came in between', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 900, latency: LISTED_SLOWLY } });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const others: Promise<unknown>[] = [];
    const answer = await world.tidemark.verify({
      facebookPageId,
      onEvent: ({ type }) => {
        if (type !== 'list-surveyed' || others.length > 0) return;
        const verifyToo = () => {
          if (others.length === 1) others.push(world.tidemark.verify({ facebookPageId }));
        };
        others.push(world.tidemark.sync({ facebookPageId, onEvent: verifyToo }));
      },
    });
    await Promise.all(others);
    const modes = (await world.tidemark.runs.list({})).map((run) => run.mode).toReversed();
    expect(modes).toEqual(['full', 'verify', 'incremental', 'verify', 'verify']);
    expect(answer).toMatchObject({ status: 'succeeded', inconclusive: null });
  });

  it('says of what it could not collect before that it is not repaired', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 900, latency: LISTED_SLOWLY } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    await using eye = await openEye(world.databaseUrl);
    await eye.client.query(
      `DELETE FROM facebook_conversations
       WHERE id = (SELECT id FROM facebook_conversations ORDER BY updated_time DESC OFFSET 150 LIMIT 1)`,
    );
    world.simulator.faults.add({
      match: { kind: 'conversation' },
      times: 'always',
      effect: { type: 'error', code: 100 },
    });
    let sync: Promise<unknown> | undefined;
    const answer = await world.tidemark.verify({
      facebookPageId,
      repair: true,
      onEvent: ({ type }) => {
        if (type === 'conversation-failed') sync ??= world.tidemark.sync({ facebookPageId });
      },
    });
    await sync;
    expect(answer).toMatchObject({ counts: { missing: 1 }, repaired: 0, status: 'partial' });
  });

  it('moves lastSyncedAt of the Page only forward', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 900, latency: LISTED_SLOWLY } });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    let sync: ReturnType<typeof world.tidemark.sync> | undefined;
    await world.tidemark.verify({
      facebookPageId,
      repair: true,
      onEvent: ({ type }) => {
        if (type === 'list-surveyed') sync ??= world.tidemark.sync({ facebookPageId });
      },
    });
    const { lastSyncedAt } = must(await sync, 'it was asked for');
    const page = await world.tidemark.pages.find({ facebookPageId });
    expect(Date.parse(page.lastSyncedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(lastSyncedAt ?? ''));
  });

  it('answers what it has found when its time is over before it gets the Page back', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 300, latency: LISTED_SLOWLY } });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    let sync: Promise<unknown> | undefined;
    const answer = await world.tidemark.verify({
      facebookPageId,
      maxDurationMs: 2000,
      onEvent: ({ type }) => {
        if (type !== 'list-surveyed' || sync !== undefined) return;
        world.simulator.faults.add({ match: { kind: 'conversations' }, effect: { type: 'delay', ms: 4000 } });
        sync = world.tidemark.sync({ facebookPageId });
      },
    });
    expect(answer).toMatchObject({ status: 'partial', success: true });
    expect(answer.total).toBeGreaterThan(0);
    await sync;
  });

  it('begins nothing more when the engine is closed meanwhile', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 300, latency: LISTED_SLOWLY } });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    let sync: Promise<unknown> | undefined;
    const engine = await createTidemark(world.settings);
    let closing: Promise<void> | undefined;
    const answer = engine.verify({
      facebookPageId,
      onEvent: ({ type }) => {
        if (type !== 'list-surveyed') return;
        sync ??= world.tidemark.sync({ facebookPageId, onEvent: () => (closing ??= engine.close()) });
      },
    });
    expect(await answer).toMatchObject({ status: 'partial' });
    await closing;
    await sync;
    expect((await world.tidemark.runs.list({})).filter(({ status }) => status === 'running')).toEqual([]);
  });
});

describe('a caller who joins a sync of the same process', () => {
  it('waits no longer than its time, also while that sync waits for the Page itself', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 30 } });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    await using other = await createTidemark(world.settings);
    world.simulator.faults.add({ match: { kind: 'conversations' }, effect: { type: 'delay', ms: 4000 } });
    const begun = Promise.withResolvers<void>();
    const verified = other.verify({ facebookPageId, onEvent: () => begun.resolve() });
    await begun.promise;
    const patient = world.tidemark.sync({ facebookPageId });
    const startedAt = Date.now();
    await expect(world.tidemark.sync({ facebookPageId, maxDurationMs: 300 })).rejects.toMatchObject({
      code: 'PAGE_BUSY',
    });
    expect(Date.now() - startedAt).toBeLessThan(2000);
    expect(await patient).toMatchObject({ status: 'succeeded' });
    await verified;
  });
});
