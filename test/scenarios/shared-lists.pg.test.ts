/** GRAPH_BATCH: first looks at many Pages share requests. Fewer requests, the same calls, the same mirror. */
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { startSimulatorProcess } from '../support/simulator-process.ts';
import { openMigratedDatabase, openWorld, type TestWorld, testSettings } from '../support/world.ts';

const PAGES = 120;

function openPages(): Promise<TestWorld> {
  return openWorld({
    version: 17,
    simulator: { pages: PAGES, conversations: 6 },
    settings: { graphBatch: 'on', sinceParameter: 'off' },
  });
}

/** Calls that a Page is charged with, and the HTTP requests that they came in. */
function takeTraffic({ simulator, pageIds }: TestWorld) {
  const calls = pageIds.map((pageId) => simulator.calls.ofPage(pageId).calls);
  const alone = simulator.calls.all.filter(({ platform, inBatch }) => platform !== undefined && !inBatch).length;
  const requests = alone + (simulator.calls.total.byKind.batch ?? 0);
  simulator.calls.clear();
  return { calls, requests };
}

async function differences(world: TestWorld) {
  const all: string[] = [];
  for (const pageId of world.pageIds) all.push(...(await world.differences(pageId)));
  return all;
}

describe('first looks that share requests', () => {
  it('make a quiet round of one call for each Page in far fewer requests, and miss nothing afterwards', async () => {
    await using world = await openPages();
    await world.tidemark.syncAll({});
    takeTraffic(world);

    const quiet = await world.tidemark.syncAll({});
    expect(quiet.totals).toMatchObject({ successCount: PAGES, failureCount: 0, totalSynced: 0 });
    const { calls, requests } = takeTraffic(world);
    expect(calls).toEqual(Array(PAGES).fill(1));
    expect(requests).toBeLessThan(PAGES / 3);

    for (const pageId of world.pageIds.slice(0, 60)) {
      world.simulator.world.activity({ pageId, newMessages: 3, newConversations: 1 });
    }
    const busy = await world.tidemark.syncAll({});
    expect(busy.totals).toMatchObject({ successCount: PAGES, failureCount: 0 });
    expect(await differences(world)).toEqual([]);
    expect(takeTraffic(world).calls.slice(60)).toEqual(Array(60).fill(1));
  });

  it('keep trouble with a part to its Page, and trouble with a batch to that batch (I8)', async () => {
    await using world = await openPages();
    const { simulator, tidemark, pageIds } = world;
    await tidemark.syncAll({});
    for (const pageId of pageIds) simulator.world.activity({ pageId, newMessages: 1 });
    takeTraffic(world);
    const [dead = '', denied = '', slow = '', passing = '', notDone = '', closed = ''] = pageIds.slice(30);
    simulator.world.killToken(dead, 460);
    // Also when its first look went down with a batch that was cut off.
    simulator.faults.add({
      match: { kind: 'conversations', pageId: denied },
      times: 'always',
      effect: { type: 'error', code: 10 },
    });
    for (const [pageId, effect] of [
      [slow, { type: 'error', code: 613 }],
      [passing, { type: 'error', code: 1, status: 500 }],
      [notDone, { type: 'hang' }],
      [closed, { type: 'throttle', blockedMs: 15 * 60_000 }],
    ] as const) {
      simulator.faults.add({ match: { kind: 'conversations', pageId }, effect });
    }
    const error = JSON.stringify({ error: { message: 'The token of the batch is dead', code: 190 } });
    const broken = simulator.faults.add({
      match: { kind: 'batch', after: 1 },
      effect: { type: 'body', status: 400, body: error },
    });
    simulator.faults.add({ match: { kind: 'batch', after: 1 }, effect: { type: 'reset' } });

    const answer = await tidemark.syncAll({});
    const failed = answer.results.filter(({ success }) => !success);
    expect(new Map(failed.map(({ facebookPageId, code }) => [facebookPageId, code]))).toEqual(
      new Map([
        [dead, 'TOKEN_EXPIRED'],
        [denied, 'PERMISSION_MISSING'],
        [closed, 'THROTTLED'],
      ]),
    );
    expect(broken.met()).toBe(1);
    for (const [pageId, status] of [
      [dead, 'token_expired'],
      [denied, 'permission_missing'],
      [closed, 'throttled'],
    ] as const) {
      expect(await tidemark.pages.find({ facebookPageId: pageId })).toMatchObject({ status });
    }
    const { calls } = takeTraffic(world);
    // A look and a collect; three looks at most for a Page that had trouble of its own and was in a broken batch.
    expect(Math.max(...calls)).toBeLessThanOrEqual(4);

    simulator.faults.clear();
    await tidemark.pages.connect(new Secret(simulator.world.renewToken(dead)));
    await tidemark.syncAll({});
    for (const pageId of pageIds.filter((id) => id !== closed)) expect(await world.differences(pageId)).toEqual([]);
    expect(simulator.calls.ofPage(closed).calls).toBe(0);
    const again = must(
      (await tidemark.pages.list()).find(({ facebookPageId }) => facebookPageId === dead),
      'a Page',
    );
    expect(again.status).toBe('connected');
  });

  it('keep the pace that Meta allows each Page (I7)', async () => {
    await using simulator = await startSimulatorProcess('--profile fast --pages 30 --conversations 6'.split(' '));
    const database = await openMigratedDatabase(17);
    const settings = { ...testSettings(database.url, simulator.url), callsPerSecond: 2, graphBatch: 'on' } as const;
    await using tidemark = await createTidemark(settings);
    await tidemark.pages.connect(new Secret(simulator.userToken));
    await tidemark.syncAll({});
    await tidemark.syncAll({});
    for (const pageId of simulator.pageIds) await simulator.activity({ pageId, newMessages: 2 });
    await tidemark.syncAll({});
    const { counters, violations } = await simulator.calls();
    expect(counters.byKind.batch).toBeGreaterThan(0);
    expect(violations).toEqual([]);
    for (const pageId of simulator.pageIds) {
      expect(await compareMirror(database.url, await simulator.truth(pageId))).toEqual([]);
    }
  });
});
