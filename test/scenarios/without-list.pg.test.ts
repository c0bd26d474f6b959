/** Pages whose list Facebook refuses, as it happens to very busy ones: what is known stays current, nothing is claimed. */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { findWatermark } from '../support/promises.ts';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

it.concurrent('a Page that cannot be listed is kept current by single reads, and says why it is partial', async () => {
  await using world = await openWorld({ version: 17, simulator: { pages: 2, conversations: 60 } });
  const [pageId, other] = [must(world.pageIds[0], 'a Page'), must(world.pageIds[1], 'another')];
  await using eye = await openEye(world.databaseUrl);
  await world.tidemark.syncAll({});
  const before = await world.tidemark.pages.find({ facebookPageId: pageId });
  const watermark = await findWatermark(eye.client, pageId);
  const { simulator } = world;
  const recent = simulator.world.truth(pageId).conversations.slice(0, 20);
  for (const { id } of recent) simulator.world.newMessage(pageId, id);
  const { conversationId: unknown } = simulator.world.newConversation(pageId);
  simulator.world.page(pageId).listingFails = true;
  const refusals = simulator.calls.total.errors;

  const answer = await world.tidemark.sync({ facebookPageId: pageId });
  expect(answer).toMatchObject({
    status: 'partial',
    code: 'LIST_REFUSED',
    synced: 20,
    eventsCreated: 20,
    lastSyncedAt: before.lastSyncedAt,
  });
  expect(answer.reason).toContain(pageId);
  expect(simulator.calls.total.errors - refusals).toBeLessThanOrEqual(12);
  expect(answer.graphCalls).toBeLessThanOrEqual(12 + 25);
  expect(await findWatermark(eye.client, pageId)).toBe(watermark);
  expect(await world.tidemark.runs.find(answer.runId)).toMatchObject({ status: 'partial', errorCode: 'LIST_REFUSED' });
  expect(world.events.find((event) => event.type === 'list-refused')).toMatchObject({ conversations: 25 });
  expect((await world.differences(pageId)).every((line) => line.includes(unknown) || line.includes('message'))).toBe(
    true,
  );
  const { results } = await world.tidemark.syncAll({});
  expect(results.find((row) => row.facebookPageId === pageId)).toMatchObject({
    status: 'partial',
    code: 'LIST_REFUSED',
  });
  expect(results.find((row) => row.facebookPageId === other)).toMatchObject({ status: 'succeeded' });

  simulator.world.page(pageId).listingFails = false;
  expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', inserted: 1 });
  expect(await world.differences(pageId)).toEqual([]);
});

it.concurrent('a Page that cannot be listed and of which nothing is known fails with what Facebook says', async () => {
  await using world = await openWorld({ version: 17 });
  world.simulator.world.page(must(world.pageIds[0], 'a Page')).listingFails = true;
  await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
    code: 'GRAPH_ERROR',
  });
});

it.concurrent('a Facebook that refuses everything is not asked for every conversation, and the retry ledger stays empty', async () => {
  await using world = await openWorld({ version: 17 });
  await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  world.takeCalls();
  world.simulator.faults.add({ times: 'always', effect: { type: 'error', code: 2, status: 500, isTransient: true } });
  await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
    code: 'GRAPH_ERROR',
  });
  expect(world.takeCalls()).toBeLessThanOrEqual(12 + 3 * 4);
  world.simulator.faults.clear();
  expect(await world.tidemark.sync({ facebookPageId: world.pageIds[0] })).toMatchObject({ status: 'succeeded' });
});

it.concurrent('a time slice that cannot be listed keeps its place', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 500 } });
  const pageId = must(world.pageIds[0], 'a Page');
  expect(await world.tidemark.sync({ facebookPageId: pageId, maxDurationMs: 1 })).toMatchObject({ status: 'partial' });
  world.simulator.world.page(pageId).listingFails = true;
  expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ code: 'LIST_REFUSED' });
  world.simulator.world.page(pageId).listingFails = false;
  world.takeCalls();
  expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
  expect(world.takeCalls()).toBeLessThanOrEqual(10);
  expect(await world.differences()).toEqual([]);
});
