/** Calls are the scarce thing: how many a sync makes, and that they keep the pace that Meta allows (I7). */
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../src/core/events.ts';
import { must } from '../../src/lib/must.ts';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openEye } from '../support/client.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { startSimulatorProcess } from '../support/simulator-process.ts';
import { openMigratedDatabase, openWorld, testSettings } from '../support/world.ts';

describe('calls', () => {
  it('a quiet incremental sync is one call, one change is two, ten or fifty are two', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 300 },
      settings: { sinceParameter: 'off' },
    });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    world.takeCalls();
    for (const [newMessages, calls] of [
      [0, 1],
      [10, 2],
      [1, 2],
      [50, 2],
      [0, 1],
    ] as const) {
      world.simulator.world.activity({ pageId, newMessages });
      const answer = await world.tidemark.sync({ facebookPageId: pageId });
      expect(answer).toMatchObject({ synced: newMessages, graphCalls: calls });
      expect(world.takeCalls()).toBe(calls);
    }
    expect(await world.differences()).toEqual([]);
  });

  it('a first sync looks at two hundreds of conversations, has the third brought along, and so on', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: {
        conversations: 700,
        latency: { baseMs: 400, perFullConversationMs: 13, perLightConversationMs: 0.4 },
      },
      settings: { callsPerSecond: 2 },
    });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    // One more where this machine is so busy that a look more pays.
    expect([12, 13]).toContain(answer.graphCalls);
    expect(world.takeCalls()).toBe(answer.graphCalls);
    expect(await world.differences()).toEqual([]);
  });

  it('a first sync has every list but the first brought along where calls run short', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 700 } });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    world.simulator.quotas.saturate({ pool: 'messenger', pageId, percent: 60 });
    expect((await world.tidemark.sync({ facebookPageId: pageId })).graphCalls).toBe(8);
    expect(await world.differences()).toEqual([]);
  });

  it('are told as events one by one: retries, refusals and those of no Page', async () => {
    const told: EngineEvent[] = [];
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 60, engagedPeople: 10 },
      onEvent: (event) => told.push(event),
    });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    world.simulator.faults.add({ match: { pageId: facebookPageId }, times: 1, effect: { type: 'error', code: 2 } });
    const answer = await world.tidemark.sync({ facebookPageId });
    const { id: pageId } = await world.tidemark.pages.find({ facebookPageId });
    const calls = told.filter((event) => event.type === 'call-finished');
    expect(calls).toHaveLength(world.simulator.calls.total.calls);

    const [asking, connecting, refused, ...others] = calls;
    for (const [call, kind] of [
      [asking, 'token'],
      [connecting, 'accounts'],
    ] as const) {
      expect(call).not.toHaveProperty('runId');
      expect(call).toMatchObject({ channel: undefined, kind, status: 'ok' });
    }
    expect(refused).toMatchObject({ kind: 'light', status: 'GRAPH_ERROR', graphCode: 2, runId: answer.runId });
    expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(['light', 'nested']));
    for (const { channel, status, durationMs, waitedMs, usage } of others) {
      expect({ channel, status }).toEqual({ channel: { pageId, platform: 'messenger' }, status: 'ok' });
      expect(usage.quotas.map(({ quota }) => quota)).toContain('messenger');
      for (const ms of [durationMs, waitedMs]) expect(ms).toBeGreaterThanOrEqual(0);
    }
    expect(answer.graphCalls).toBe(calls.length - 2);
  });

  it('changes that lie far apart are read singly where Facebook brings few conversations at once', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 90 } });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    await using eye = await openEye(world.databaseUrl);
    await eye.client.query('UPDATE facebook_sync_state SET nested_limit = 5');
    // As if two of them had been stored before their last message came.
    await eye.client.query(
      `UPDATE facebook_conversations SET collected_message_count = collected_message_count - 1
       WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY updated_time DESC) AS place FROM facebook_conversations) AS placed
                    WHERE place IN (5, 50))`,
    );
    const answer = await world.tidemark.sync({ facebookPageId: pageId });
    // Two looks, because something below the cut differs, and two reads; lists would be ten.
    expect(answer).toMatchObject({ synced: 2, graphCalls: 4 });
    expect(await world.differences()).toEqual([]);
  });

  it('a first sync looks half as often where Facebook shows twice as many at once', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 800, listCap: 200 } });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    // Looks at 200 and 200, brings 100 along, looks at 200 and the last 100; brings seven hundreds that it looked at.
    expect(answer.graphCalls).toBe(12);
    expect(await world.differences()).toEqual([]);
  });

  it('a limit that Facebook refuses is not tried again by this process', async () => {
    await using world = await openWorld({ version: 17, simulator: { pages: 2, conversations: 120 } });
    world.simulator.faults.add({ match: { kind: 'conversations' }, times: 1, effect: { type: 'error', code: 100 } });
    const calls: number[] = [];
    for (const facebookPageId of world.pageIds) {
      calls.push((await world.tidemark.sync({ facebookPageId })).graphCalls);
      expect(await world.differences(facebookPageId)).toEqual([]);
    }
    expect(calls).toEqual([5, 4]);
    expect(world.simulator.calls.all.filter((call) => (call.limit ?? 0) > 100)).toHaveLength(1);
  });

  it('a list that is too big with its messages is looked at instead', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 500, tooMuchData: 1500 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const carried = world.simulator.calls.all.filter((call) => call.messagesLimit > 0 && call.limit === 100);
    expect(carried.length).toBeLessThanOrEqual(5);
    expect(await world.differences()).toEqual([]);
  });

  it('a full sync over what is already held collects nothing again', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    world.takeCalls();
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0], forceFull: true });
    expect(answer).toMatchObject({ syncMode: 'full', synced: 0 });
    expect(answer.graphCalls).toBeLessThanOrEqual(8);
  });

  it('a full sync that was not forced, over what is already held, only looks', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    await using eye = await openEye(world.databaseUrl);
    await eye.client.query('UPDATE facebook_pages SET last_synced_at = NULL');
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(answer).toMatchObject({ syncMode: 'full', synced: 0, graphCalls: 4 });
  });
});

describe('the pace of calls (I7)', () => {
  it('stays within two per second for each Page, run after run and Page beside Page', async () => {
    await using simulator = await startSimulatorProcess([
      '--profile',
      'fast',
      '--pages',
      '3',
      '--conversations',
      '250',
    ]);
    const database = await openMigratedDatabase(17);
    await using tidemark = await createTidemark({ ...testSettings(database.url, simulator.url), callsPerSecond: 2 });
    await tidemark.pages.connect(new Secret(simulator.userToken));
    await tidemark.syncAll({});
    for (const pageId of simulator.pageIds) await simulator.activity({ pageId, newMessages: 40 });
    await tidemark.syncAll({});
    for (const pageId of simulator.pageIds) {
      expect(await compareMirror(database.url, await simulator.truth(pageId))).toEqual([]);
    }
    expect((await simulator.calls()).violations).toEqual([]);
  });

  it('is kept by the next process', async () => {
    await using simulator = await startSimulatorProcess([
      '--profile',
      'fast',
      '--pages',
      '1',
      '--conversations',
      '150',
    ]);
    const database = await openMigratedDatabase(17);
    const settings = { ...testSettings(database.url, simulator.url), callsPerSecond: 2 };
    for (let process = 0; process < 4; process++) {
      await using tidemark = await createTidemark(settings);
      await tidemark.pages.connect(new Secret(simulator.userToken));
      await tidemark.syncAll({});
    }
    expect((await simulator.calls()).violations).toEqual([]);
  });
});
