/**
 * Other programs write nonsense into the columns that steer a sync. It is read as unknown and mended; where it would
 * steer a run, it is told. Nothing of it may stop the mirror, nor leave it short of anything.
 */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

const TIMES = ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'294276-01-01'", "now() + interval '400 days'"];
const NUMBERS = [-1, 0, -2_147_483_648, 2_147_483_647];

const checkpointAt = (time: string, mode: string) =>
  `checkpoint_mode = '${mode}', checkpoint_forced = ${mode === 'full'}, checkpoint_cursor = 'x', ` +
  `checkpoint_watermark = ${time}, checkpoint_started_at = ${time}`;

const CHECKPOINT = ['checkpoint_started_at', 'checkpoint_watermark', 'checkpoint_cursor'];

/** What is told of it, in the order of the table. */
const STATE: readonly (readonly [assignment: string, mended: readonly string[]])[] = [
  ...TIMES.flatMap((time) => [
    [`watermark = ${time}`, ['watermark']] as const,
    [`last_synced_at = ${time}`, ['last_synced_at']] as const,
    [`last_call_at = ${time}`, ['last_call_at']] as const,
    [`cooldown_until = ${time}`, /^'(-inf|0044)/.test(time) ? [] : ['cooldown_until']] as const,
    [`lease_run_id = gen_random_uuid(), lease_expires_at = ${time}`, []] as const,
    [checkpointAt(time, 'incremental'), CHECKPOINT] as const,
    [checkpointAt(time, 'full'), CHECKPOINT] as const,
  ]),
  ...NUMBERS.flatMap((number) => [
    [`nested_limit = ${number}`, ['nested_limit']] as const,
    [`lookback_ms = ${number}`, ['lookback_ms']] as const,
    [`lease_fence = ${number}`, []] as const,
    [`full_syncs_done = ${number}`, []] as const,
  ]),
  ['lease_fence = 9223372036854775807', []],
  ['full_syncs_done = 9223372036854775807', []],
  ['lease_run_id = gen_random_uuid(), lease_expires_at = NULL', []],
];

/** Of other tables, with what a sync and a history run have to do afterwards. */
const ELSEWHERE: readonly string[] = [
  ...TIMES.flatMap((time) => [
    `facebook_pages SET last_synced_at = ${time}`,
    `facebook_pages SET instagram_checked_at = ${time}`,
    `facebook_conversations SET collected_updated_time = ${time}`,
    `facebook_conversations SET newest_message_time = ${time}, floor_message_time = ${time}`,
    `facebook_conversations SET collected_at = ${time}, synced_at = ${time}`,
    `facebook_conversations SET history_retry_at = ${time}, history_problem = 'x'`,
    `facebook_sync_runs SET started_at = ${time}, finished_at = ${time}`,
  ]),
  ...NUMBERS.flatMap((number) => [
    `facebook_conversations SET collected_message_count = ${number}`,
    `facebook_conversations SET written_by_fence = ${number}`,
  ]),
  `facebook_conversations SET newest_message_id = 'nobody', floor_message_id = 'nobody'`,
  `facebook_conversations SET newest_message_id = NULL`,
  `facebook_conversations SET floor_cursor = 'no cursor of theirs'`,
  `facebook_conversations SET content_hash = ''`,
];

const SIMULATED = { conversations: 45, messagesPerConversation: { min: 1, max: 40, mean: 20 } };

async function openMirrored() {
  const world = await openWorld({ version: 17, simulator: SIMULATED });
  const pageId = must(world.pageIds[0], 'a Page');
  await world.tidemark.sync({ facebookPageId: pageId });
  const { client, ...eye } = await openEye(world.databaseUrl);
  const write = () => {
    const threads = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
    for (const place of [1, 40]) world.simulator.world.newMessage(pageId, threads[place]);
  };
  return {
    world,
    pageId,
    client,
    write,
    tellsOf: () => world.events.flatMap((event) => (event.type === 'state-mended' ? event.columns : [])),
    sync: () => world.tidemark.sync({ facebookPageId: pageId, maxDurationMs: 20_000 }),
    async [Symbol.asyncDispose]() {
      await eye[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

describe('nonsense in facebook_sync_state', () => {
  it('is read as unknown, mended, and told', { timeout: 240_000 }, async () => {
    await using mirrored = await openMirrored();
    const { world, pageId, client } = mirrored;
    let told = 0;
    for (const [assignment, mended] of STATE) {
      await client.query(`UPDATE facebook_sync_state SET ${assignment}`);
      mirrored.write();
      const answer = await mirrored.sync();
      expect(answer, assignment).toMatchObject({ status: 'succeeded', synced: 2 });
      expect(mirrored.tellsOf().slice(told), assignment).toEqual(mended);
      told = mirrored.tellsOf().length;
      const page = await world.tidemark.pages.find({ facebookPageId: pageId });
      const lastSyncedMs = Date.now() - Date.parse(must(page.lastSyncedAt ?? undefined, 'it is whole'));
      expect(Math.abs(lastSyncedMs), assignment).toBeLessThan(60_000);
      world.takeCalls();
      expect(await mirrored.sync(), assignment).toMatchObject({ status: 'succeeded', syncMode: 'incremental' });
      expect(world.takeCalls(), assignment).toBe(1);
    }
    await world.tidemark.collectHistory({});
    expect(await world.differences()).toEqual([]);
  });
});

describe('nonsense in the rows of the mirror', () => {
  it('costs calls, and loses nothing', { timeout: 240_000 }, async () => {
    await using mirrored = await openMirrored();
    const { world, client } = mirrored;
    for (const assignment of ELSEWHERE) {
      await client.query(`UPDATE ${assignment}`);
      mirrored.write();
      expect(await mirrored.sync(), assignment).toMatchObject({ status: 'succeeded' });
      const history = await world.tidemark.collectHistory({ maxDurationMs: 20_000 });
      for (const row of history.results) expect(row, assignment).toMatchObject({ status: 'succeeded' });
      await world.tidemark.runs.list({});
      await world.tidemark.conversations.list({});
      expect(await mirrored.sync(), assignment).toMatchObject({ status: 'succeeded', syncMode: 'incremental' });
    }
  });
});

describe('nonsense in what is put off', () => {
  for (const time of TIMES) {
    it(`(${time}) puts nothing off for ever`, async () => {
      await using mirrored = await openMirrored();
      const { world, pageId, client } = mirrored;
      const [failing = ''] = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
      const effect = { type: 'error', code: 100 } as const;
      world.simulator.faults.add({ match: { objectId: failing }, times: 'always', effect });
      world.simulator.faults.add({ match: { nested: true, kind: 'conversations' }, times: 'always', effect });
      world.simulator.world.newMessage(pageId, failing);
      expect(await mirrored.sync()).toMatchObject({ status: 'partial' });
      world.simulator.faults.clear();
      await client.query(`UPDATE facebook_retry_ledger SET next_attempt_at = ${time}, attempts = 2147483647`);
      expect(await mirrored.sync()).toMatchObject({ status: 'succeeded', openRetries: [] });

      await client.query(
        `INSERT INTO facebook_quotas (quota, cooldown_until, cooldown_reason) VALUES ('app', ${time}, '')`,
      );
      await client.query(`UPDATE facebook_sync_state SET cooldown_until = ${time}`);
      expect(await mirrored.sync()).toMatchObject({ status: 'succeeded' });
      await client.query(
        `INSERT INTO facebook_page_schedule (page_id, platform, next_sync_at, next_verify_at)
         SELECT id, 'messenger', ${time}, ${time} FROM facebook_pages
         ON CONFLICT (page_id, platform) DO UPDATE SET next_sync_at = ${time}, next_verify_at = ${time}`,
      );
      await world.tidemark.jobs.runDue({ maxDurationMs: 20_000 });
      const { rows } = await client.query<{ days: number }>(
        `SELECT extract(epoch FROM next_sync_at - now())::float8 / 86400 AS days FROM facebook_page_schedule`,
      );
      expect(Math.abs(must(rows[0], 'one Page').days)).toBeLessThan(2);
      expect(await world.differences()).toEqual([]);
    });
  }
});
