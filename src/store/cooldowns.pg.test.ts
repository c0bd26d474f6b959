/** Cooldowns as the database knows them: told to whoever begins or renews, in time left, never in instants. */
import { beforeEach, afterEach, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import type { Cooldown } from '../core/limits/quota-usage.ts';
import { findCooldownOfApp, saveCooldownOfApp, saveCooldownOfPage } from './cooldowns.ts';
import { openRunStore } from './run-store.ts';
import { openStoreForTest, toBeginRequest } from '../../test/support/store/opened-store.ts';

const FAILURE = { code: 'X', message: 'x', listed: 0, phases: {}, pageStatus: undefined };

const MINUTE_MS = 60_000;
const ofPage = (ms: number, reason = 'the Page'): Cooldown => ({ scope: 'page', ms, reason });
const ofApp = (ms: number, reason = 'the app'): Cooldown => ({ scope: 'app', ms, reason });

describeEachPostgres('cooldowns', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeEach(async () => {
    opened = await openStoreForTest(version);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  /** What the next run of the Page is told, by a process that knows nothing. */
  async function cooldownsAtBegin(pageId: string, platform: 'messenger' | 'instagram' = 'messenger') {
    const stranger = openRunStore(opened.database, crypto.randomUUID());
    const run = await stranger.begin(await toBeginRequest(opened, { pageId, platform }));
    if (run?.kind !== 'begun') throw new Error('nothing was begun');
    await stranger.fail(run.lease, { ...FAILURE, graphCalls: 0 });
    return run.cooldowns.map(({ scope, ms, reason }) => ({ scope, reason, minutes: Math.ceil(ms / MINUTE_MS) }));
  }

  it('of a Page are told to its next run on that platform, and to no other (I8)', async () => {
    const { lease } = await opened.begin();
    await saveCooldownOfPage(opened.database, lease, ofPage(10 * MINUTE_MS, 'too many\u0000 calls'));
    await opened.ledger.fail(lease, { ...FAILURE, graphCalls: 0 });
    const expected = [{ scope: 'page', reason: 'too many\uFFFD calls', minutes: 10 }];
    expect(await cooldownsAtBegin(lease.pageId)).toEqual(expected);
    expect(await cooldownsAtBegin(lease.pageId, 'instagram')).toEqual([]);
    expect(await cooldownsAtBegin(await opened.addPage())).toEqual([]);
  });

  it('of the app are told to the next run of every Page, and to every heartbeat', async () => {
    const { lease } = await opened.begin();
    expect(await opened.ledger.renew(lease)).toEqual({ end: undefined, cooldowns: [] });
    await saveCooldownOfApp(opened.database, ofApp(7 * MINUTE_MS));
    const told = await opened.ledger.renew(lease);
    expect(told?.cooldowns).toMatchObject([{ scope: 'app', reason: 'the app' }]);
    expect(told?.cooldowns[0]?.ms).toBeGreaterThan(6 * MINUTE_MS);
    expect(await findCooldownOfApp(opened.database)).toMatchObject([{ scope: 'app', reason: 'the app' }]);
    const expected = { scope: 'app', reason: 'the app', minutes: 7 };
    expect(await cooldownsAtBegin(await opened.addPage())).toEqual([expected]);

    const both = await opened.begin();
    await saveCooldownOfPage(opened.database, both.lease, ofPage(2 * MINUTE_MS));
    await opened.ledger.fail(both.lease, { ...FAILURE, graphCalls: 0 });
    expect(await cooldownsAtBegin(both.lease.pageId)).toEqual([
      expected,
      { scope: 'page', reason: 'the Page', minutes: 2 },
    ]);
  });

  it('last for the longest that was asked', async () => {
    const { lease } = await opened.begin();
    await opened.ledger.fail(lease, { ...FAILURE, graphCalls: 0 });
    for (const [minutes, left] of [
      [10, 10],
      [3, 10],
      [20, 20],
    ] as const) {
      await saveCooldownOfPage(opened.database, lease, ofPage(minutes * MINUTE_MS));
      await saveCooldownOfApp(opened.database, ofApp(minutes * MINUTE_MS));
      expect((await cooldownsAtBegin(lease.pageId)).map((cooldown) => cooldown.minutes)).toEqual([left, left]);
    }
  });

  it('are told no more when their time has passed', async () => {
    const { lease } = await opened.begin();
    await saveCooldownOfPage(opened.database, lease, ofPage(-1));
    await saveCooldownOfApp(opened.database, ofApp(-1));
    expect(await opened.ledger.renew(lease)).toEqual({ end: undefined, cooldowns: [] });
    await opened.ledger.fail(lease, { ...FAILURE, graphCalls: 0 });
    expect(await cooldownsAtBegin(lease.pageId)).toEqual([]);
    expect(await findCooldownOfApp(opened.database)).toEqual([]);
  });
});
