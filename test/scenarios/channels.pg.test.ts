/** A Page with an Instagram account: two channels, each with its own run, budget and time, and one answer for both. */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

const BOTH = { conversations: 20, instagramConversations: 10 };

it('a sync is of both channels, side by side; one of them is synced when it is named', async () => {
  await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator: BOTH });
  const facebookPageId = world.pageIds[0];
  const first = await world.tidemark.sync({ facebookPageId });
  expect(first).toMatchObject({ status: 'succeeded', syncMode: 'full', synced: 30, total: 30 });
  expect(first.channels).toMatchObject([
    { platform: 'messenger', syncMode: 'full', synced: 20, status: 'succeeded', runId: first.runId },
    { platform: 'instagram', syncMode: 'full', synced: 10, status: 'succeeded' },
  ]);
  const page = await world.tidemark.pages.find({ facebookPageId });
  expect(page.lastSyncedAt).toBe(first.lastSyncedAt);
  expect(page.lastSyncedAt).toBe(first.channels.map(({ lastSyncedAt }) => lastSyncedAt).toSorted()[0]);

  const one = await world.tidemark.sync({ facebookPageId, platform: 'instagram' });
  expect(one).toMatchObject({ syncMode: 'incremental', synced: 0, channels: [{ platform: 'instagram' }] });
  const runs = await world.tidemark.runs.list({ facebookPageId });
  expect(runs.map(({ platform }) => platform).toSorted()).toEqual(['instagram', 'instagram', 'messenger']);
  expect(await world.tidemark.verify({ facebookPageId })).toMatchObject({
    status: 'succeeded',
    total: 30,
    counts: { missing: 0, stale: 0, deleted: 0 },
    channels: [{ platform: 'messenger' }, { platform: 'instagram' }],
  });
});

it('a Page without an Instagram account has none to sync', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  const facebookPageId = world.pageIds[0];
  const asked = world.tidemark.sync({ facebookPageId, platform: 'instagram' });
  await expect(asked).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(await world.tidemark.syncAll({ platform: 'instagram' })).toMatchObject({ success: true, totalPages: 0 });
});

it('clearing last_synced_at makes the next sync of each channel full, exactly once', async () => {
  await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator: BOTH });
  const facebookPageId = world.pageIds[0];
  await world.tidemark.sync({ facebookPageId });
  await using eye = await openEye(must(world.settings.databaseUrl, 'it has a server'));
  await eye.client.query('UPDATE facebook_pages SET last_synced_at = NULL');
  const modeOf = async (platform: 'messenger' | 'instagram') =>
    (await world.tidemark.sync({ facebookPageId, platform })).syncMode;
  expect(await modeOf('instagram')).toBe('full');
  expect((await world.tidemark.pages.find({ facebookPageId })).lastSyncedAt).toBeNull();
  const both = await world.tidemark.sync({ facebookPageId });
  expect(both.channels.map(({ syncMode }) => syncMode)).toEqual(['full', 'incremental']);
  expect(both.syncMode).toBe('full');
  expect((await world.tidemark.sync({ facebookPageId })).syncMode).toBe('incremental');
});

it('a channel that fails leaves the other alone; the Page says what is the matter', async () => {
  await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator: BOTH });
  const facebookPageId = must(world.pageIds[0], 'a Page');
  await world.tidemark.sync({ facebookPageId });
  world.simulator.faults.add({
    match: { pageId: facebookPageId, platform: 'instagram' },
    effect: { type: 'error', code: 10, message: '(#10) Application does not have permission for this action' },
  });
  world.simulator.world.activity({ pageId: facebookPageId, newMessages: 2 });
  const answer = await world.tidemark.sync({ facebookPageId });
  expect(answer).toMatchObject({
    success: true,
    status: 'partial',
    code: 'PERMISSION_MISSING',
    reason: expect.stringMatching(/^Instagram: /),
    channels: [
      { status: 'succeeded', synced: 2 },
      { status: 'failed', code: 'PERMISSION_MISSING' },
    ],
  });
  const seen = { status: 'permission_missing', statusDetail: expect.stringMatching(/^Instagram: /) as string };
  expect(await world.tidemark.pages.find({ facebookPageId })).toMatchObject(seen);
  await world.tidemark.sync({ facebookPageId, platform: 'messenger' });
  expect(await world.tidemark.pages.find({ facebookPageId })).toMatchObject(seen);
  // The fault has passed.
  expect((await world.tidemark.syncAll({})).results).toMatchObject([{ success: true, status: 'succeeded' }]);
  expect(await world.tidemark.pages.find({ facebookPageId })).toMatchObject({
    status: 'connected',
    statusDetail: null,
  });
});

it('an Instagram account that comes later becomes a channel within a day, for one call', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  const facebookPageId = must(world.pageIds[0], 'a Page');
  const sync = () => world.tidemark.sync({ facebookPageId });
  await sync();
  world.simulator.world.linkInstagram(facebookPageId);
  // It was asked for when the Page was connected: a quiet sync stays one call.
  expect(await sync()).toMatchObject({ graphCalls: 1, channels: [{ platform: 'messenger' }] });
  await using eye = await openEye(must(world.settings.databaseUrl, 'it has a server'));
  const letADayPass = () =>
    eye.client.query(`UPDATE facebook_pages SET instagram_checked_at = now() - interval '25 hours'`);
  await letADayPass();
  expect(await sync()).toMatchObject({ graphCalls: 2, channels: [{ platform: 'messenger' }] });
  expect((await sync()).channels).toMatchObject([
    { syncMode: 'incremental' },
    { platform: 'instagram', syncMode: 'full' },
  ]);
  expect(await sync()).toMatchObject({ status: 'succeeded', channels: [{ graphCalls: 1 }, {}] });
});

it('an Instagram account that is gone is said of its channel, costs one call, and takes nothing away', async () => {
  await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator: BOTH });
  const facebookPageId = must(world.pageIds[0], 'a Page');
  const sync = () => world.tidemark.sync({ facebookPageId });
  await sync();
  world.simulator.world.unlinkInstagram(facebookPageId);
  await using eye = await openEye(must(world.settings.databaseUrl, 'it has a server'));
  const gone = {
    status: 'failed',
    code: 'PERMISSION_MISSING',
    error: expect.stringContaining('has no Instagram account any more') as string,
  };
  const verified = await world.tidemark.verify({ facebookPageId, repair: true });
  expect(verified.channels).toMatchObject([{ status: 'succeeded' }, { platform: 'instagram', ...gone }]);
  await eye.client.query('UPDATE facebook_pages SET instagram_checked_at = NULL');
  for (let syncs = 0; syncs < 2; syncs += 1) {
    expect(await sync()).toMatchObject({ status: 'partial', channels: [{ status: 'succeeded' }, gone] });
  }
  const [last] = await world.tidemark.runs.list({ facebookPageId, platform: 'instagram' });
  expect(last).toMatchObject({ status: 'failed', graphCalls: 1 });
  const { rows } = await eye.client.query('SELECT count(deleted_at)::int AS deleted FROM facebook_conversations');
  expect(rows).toEqual([{ deleted: 0 }]);
  expect(await world.tidemark.pages.find({ facebookPageId })).toMatchObject({
    status: 'permission_missing',
    statusDetail: expect.stringMatching(/^Instagram: /) as string,
  });
  world.simulator.world.linkInstagram(facebookPageId);
  expect(await sync()).toMatchObject({ status: 'succeeded', channels: [{}, { status: 'succeeded' }] });
  expect(await world.tidemark.pages.find({ facebookPageId })).toMatchObject({ status: 'connected' });
});

it('a Page of which Facebook does not answer for its Instagram account is synced all the same', async () => {
  await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator: BOTH });
  const facebookPageId = world.pageIds[0];
  const effect = { type: 'error', code: 2, isTransient: true } as const;
  world.simulator.faults.add({ match: { kind: 'page' }, times: 'always', effect });
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query('UPDATE facebook_pages SET instagram_checked_at = NULL');
  expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded', synced: 30 });
  // A verify is what marks deletions: it has to know.
  await expect(world.tidemark.verify({ facebookPageId, platform: 'instagram' })).rejects.toMatchObject({
    code: 'GRAPH_ERROR',
  });
});
