/** Calls are the scarce thing: how many a sync makes, and that they keep the pace that Meta allows (I7). */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { createTidemark } from '../../src/engine.ts';
import { Secret } from '../../src/lib/secret.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { startSimulatorProcess } from '../support/simulator-process.ts';
import { openMigratedDatabase, openWorld, testSettings } from '../support/world.ts';

describe('calls', () => {
  it('a quiet incremental sync is one call, ten changes are two, one change is two, fifty are three', async () => {
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
      [50, 3],
      [0, 1],
    ] as const) {
      world.simulator.world.activity({ pageId, newMessages });
      const answer = await world.tidemark.sync({ facebookPageId: pageId });
      expect(answer).toMatchObject({ synced: newMessages, graphCalls: calls });
      expect(world.takeCalls()).toBe(calls);
    }
    expect(await world.differences()).toEqual([]);
  });

  it('a first sync is one light and one nested list per hundred conversations', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400 } });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(answer.graphCalls).toBe(8);
    expect(world.takeCalls()).toBe(8);
  });

  it('a full sync over what is already held collects nothing again', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    world.takeCalls();
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0], forceFull: true });
    expect(answer).toMatchObject({ syncMode: 'full', synced: 0, graphCalls: 8 });
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
