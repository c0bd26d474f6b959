/** The channels of a Page: what each is known to hold, what the Page shows of them, and full syncs that were asked for. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, describeEachPostgres } from '../../test/support/postgres.ts';
import {
  collected,
  connectAside,
  openStoreForTest,
  outcome,
  snapshot,
  untilWaiting,
} from '../../test/support/store/opened-store.ts';
import { type Instant, type Platform, PLATFORMS } from '../core/model.ts';
import type { BegunRun, RunFailure, WalkStore } from '../core/store-ports.ts';
import { Secret } from '../lib/secret.ts';
import { must } from '../lib/must.ts';
import { connect } from './connect.ts';
import { migrate, renderMigrations } from './migrate.ts';
import { setPageActive } from './pages.ts';
import { savePages } from './save-pages.ts';
import { listOpenRetries } from './retry-ledger.ts';
import { createTokenCipher } from './token-cipher.ts';
import { TEST_KEY } from '../../test/support/test-key.ts';

const HOUR_MS = 3_600_000;
const AT = Date.UTC(2026, 2, 1, 8);
const walked = (startedAt = AT) => outcome({ startedAt, end: { kind: 'complete', watermark: startedAt } });
const stopped = outcome({
  end: { kind: 'stopped', checkpoint: { after: 'cursor', startedAt: AT, nextWatermark: AT } },
});
const failure = (code: string, pageStatus: RunFailure['pageStatus']) => ({
  code,
  message: `It is ${code}.`,
  graphCalls: 1,
  listed: 0,
  phases: {},
  pageStatus,
});

describeEachPostgres('the channels of a Page', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const sql = (text: string, pageId: string) => opened.database.query(text, [pageId]);
  const page = (pageId: string) =>
    opened.one('SELECT status, status_detail, last_synced_at FROM facebook_pages WHERE id = $1', [pageId]);
  const channels = async (pageId: string) =>
    (await sql('SELECT platform FROM facebook_sync_state WHERE page_id = $1 ORDER BY platform DESC', pageId)).map(
      (row) => row['platform'],
    );
  const clear = (pageId: string) => sql('UPDATE facebook_pages SET last_synced_at = NULL WHERE id = $1', pageId);

  async function pageWithBoth(): Promise<string> {
    const pageId = await opened.addPage();
    await sql(`UPDATE facebook_pages SET instagram_account_id = '178' WHERE id = $1`, pageId);
    return pageId;
  }

  async function sync(pageId: string, platform: Platform, startedAt = AT): Promise<string> {
    const { mode, store } = await opened.begin({ pageId, platform });
    await store.finish(walked(startedAt));
    return mode;
  }

  async function syncedPage(): Promise<string> {
    const pageId = await pageWithBoth();
    for (const platform of PLATFORMS) await sync(pageId, platform);
    return pageId;
  }

  describe('are there', () => {
    it('from the moment the Page or its account is known, whoever wrote it', async () => {
      const pageId = await opened.addPage();
      expect(await channels(pageId)).toEqual(['messenger']);
      await sql(`UPDATE facebook_pages SET instagram_account_id = '178' WHERE id = $1`, pageId);
      expect(await channels(pageId)).toEqual(['messenger', 'instagram']);
      const both = await opened.one<{ id: string }>(
        `INSERT INTO facebook_pages (facebook_page_id, instagram_account_id) VALUES ($1, '179') RETURNING id`,
        [crypto.randomUUID()],
      );
      expect(await channels(both.id)).toEqual(['messenger', 'instagram']);
    });

    it('and count for the Page: one that was never synced leaves the Page without last_synced_at', async () => {
      const pageId = await opened.addPage();
      await sync(pageId, 'messenger');
      expect((await page(pageId))['last_synced_at']).toBe(AT);
      await sql(`UPDATE facebook_pages SET instagram_account_id = '178' WHERE id = $1`, pageId);
      expect((await page(pageId))['last_synced_at']).toBeNull();
      await sync(pageId, 'instagram', AT + HOUR_MS);
      expect((await page(pageId))['last_synced_at']).toBe(AT);
      await sync(pageId, 'messenger', AT + 2 * HOUR_MS);
      expect((await page(pageId))['last_synced_at']).toBe(AT + HOUR_MS);
      await sql('UPDATE facebook_pages SET instagram_account_id = NULL WHERE id = $1', pageId);
      expect((await page(pageId))['last_synced_at']).toBe(AT + 2 * HOUR_MS);
    });

    it('with an account of their own: another one is walked in full', async () => {
      const pageId = await syncedPage();
      await sql(`UPDATE facebook_pages SET instagram_account_id = '178', name = 'Same' WHERE id = $1`, pageId);
      expect(await sync(pageId, 'instagram')).toBe('incremental');
      await sql(`UPDATE facebook_pages SET instagram_account_id = '200' WHERE id = $1`, pageId);
      expect(await sync(pageId, 'instagram')).toBe('full');
      expect(await sync(pageId, 'instagram')).toBe('incremental');
    });
  });

  it('that end at the same instant are both seen by the Page', async () => {
    const pageId = await pageWithBoth();
    const messenger = await opened.begin({ pageId, platform: 'messenger' });
    const instagram = await opened.begin({ pageId, platform: 'instagram' });
    const aside = connectAside(opened.url);
    const ends = await aside.transaction(async (query) => {
      // Both have written their own row and wait for that of the Page.
      await query('SELECT FROM facebook_pages WHERE id = $1 FOR UPDATE', [pageId]);
      const both = [messenger.store.finish(walked()), instagram.store.finish(walked(AT + HOUR_MS))];
      await untilWaiting(opened, 2);
      return { both };
    });
    await Promise.all(ends.both);
    expect((await page(pageId))['last_synced_at']).toBe(AT);
  });

  describe('are walked in full once each', () => {
    it('when last_synced_at of their Page is set to null, and neither takes the turn of the other', async () => {
      const pageId = await syncedPage();
      await clear(pageId);
      // Twice is no more than once.
      await clear(pageId);
      expect((await page(pageId))['last_synced_at']).toBeNull();
      expect(await sync(pageId, 'instagram')).toBe('full');
      expect(await sync(pageId, 'instagram')).toBe('incremental');
      expect((await page(pageId))['last_synced_at']).toBeNull();
      expect(await sync(pageId, 'messenger')).toBe('full');
      expect((await page(pageId))['last_synced_at']).toBe(AT);
      expect(await sync(pageId, 'messenger')).toBe('incremental');
    });

    it('also when a full sync of one was under way at that moment', async () => {
      const pageId = await syncedPage();
      await clear(pageId);
      const late = await opened.begin({ pageId, platform: 'messenger' });
      expect(late.mode).toBe('full');
      await clear(pageId);
      await late.store.finish(walked());
      expect((await page(pageId))['last_synced_at']).toBeNull();
      expect([await sync(pageId, 'messenger'), await sync(pageId, 'messenger')]).toEqual(['full', 'incremental']);
      expect([await sync(pageId, 'instagram'), await sync(pageId, 'instagram')]).toEqual(['full', 'incremental']);
    });

    it.each([false, true])(
      'also between the slices of a full sync, which begins again (forced: %s)',
      async (forced) => {
        const pageId = await pageWithBoth();
        const begin = () => opened.begin({ pageId, platform: 'messenger', forced });
        await (await begin()).store.finish(stopped);
        const second = await begin();
        expect(second).toMatchObject({ mode: 'full', checkpoint: { after: 'cursor' } });
        await second.store.finish(stopped);
        await clear(pageId);
        const third = await begin();
        expect(third).toMatchObject({ mode: 'full', checkpoint: undefined });
        await third.store.finish(stopped);
        const fourth = await begin();
        expect(fourth).toMatchObject({ mode: 'full', checkpoint: { after: 'cursor' } });
        await fourth.store.finish(walked());
        expect(await sync(pageId, 'messenger')).toBe('incremental');
      },
    );

    it('also when it was cleared while a slice went on', async () => {
      const pageId = await syncedPage();
      const slice = await opened.begin({ pageId, platform: 'messenger', forced: true });
      await clear(pageId);
      await slice.store.finish(stopped);
      const next = await opened.begin({ pageId, platform: 'messenger', forced: true });
      expect(next.checkpoint).toBeUndefined();
      await next.store.finish(walked());
      expect(await sync(pageId, 'messenger')).toBe('incremental');
    });

    it('and neither a verify nor an incomplete walk does it for them', async () => {
      const pageId = await syncedPage();
      await clear(pageId);
      const verify = await opened.begin({ pageId, platform: 'messenger', purpose: 'verify' });
      await verify.store.finish(walked());
      const cut = await opened.begin({ pageId, platform: 'messenger' });
      await cut.store.finish(stopped);
      const failed = await opened.begin({ pageId, platform: 'messenger' });
      await opened.ledger.fail(failed.lease, failure('GRAPH_ERROR', undefined));
      expect(await sync(pageId, 'messenger')).toBe('full');
    });

    it('not when last_synced_at is set to a value: what is known of the mirror stands', async () => {
      const pageId = await syncedPage();
      await sql(`UPDATE facebook_pages SET last_synced_at = '2030-01-01' WHERE id = $1`, pageId);
      expect((await page(pageId))['last_synced_at']).toBe(AT);
      expect(await sync(pageId, 'messenger')).toBe('incremental');
      await clear(pageId);
      await sql('UPDATE facebook_pages SET last_synced_at = now() WHERE id = $1', pageId);
      expect((await page(pageId))['last_synced_at']).toBeNull();
      expect(await sync(pageId, 'messenger')).toBe('full');
    });

    it('when it is a user of the application who sets it, with no right but to that column', async () => {
      const pageId = await syncedPage();
      const role = `user_${crypto.randomUUID().replaceAll('-', '')}`;
      await opened.database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pass'`);
      onTestFinished(async () => {
        await opened.database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      });
      await opened.database.query(
        `GRANT SELECT (id, last_synced_at), UPDATE (last_synced_at) ON facebook_pages TO ${role};
         CREATE POLICY own_pages ON facebook_pages TO ${role} USING (id = '${pageId}')`,
      );
      const url = new URL(opened.url);
      url.username = role;
      url.password = 'pass';
      const theirs = connectAside(url.href);
      await expect(theirs.query('SELECT FROM facebook_sync_state')).rejects.toThrow('permission denied');
      await theirs.query('UPDATE facebook_pages SET last_synced_at = now() WHERE id = $1', [pageId]);
      await theirs.query('UPDATE facebook_pages SET last_synced_at = NULL WHERE id = $1', [pageId]);
      for (const platform of PLATFORMS) {
        expect(await sync(pageId, platform)).toBe('full');
        expect(await sync(pageId, platform)).toBe('incremental');
      }
    });

    it('whatever triggers the owner of the table has, also one that clears it from another table', async () => {
      await using own = await openStoreForTest(version);
      const first = await own.begin();
      const { pageId } = first.lease;
      await first.store.finish(walked());
      await own.database.query(`
        CREATE TABLE settings (page_id uuid, depth integer);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.updated_at := '2026-05-05'; RETURN NEW; END $$;
        CREATE FUNCTION resync() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE facebook_pages SET last_synced_at = NULL WHERE id = NEW.page_id; RETURN NEW; END $$;
        CREATE TRIGGER a_touch BEFORE UPDATE ON facebook_pages FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE TRIGGER z_touch BEFORE UPDATE ON facebook_pages FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE TRIGGER resync AFTER INSERT ON settings FOR EACH ROW EXECUTE FUNCTION resync()`);
      await own.database.query('INSERT INTO settings VALUES ($1, 5)', [pageId]);
      const modes: string[] = [];
      for (let run = 0; run < 2; run++) {
        const { mode, store } = await own.begin({ pageId });
        await store.finish(walked(AT + run));
        modes.push(mode);
      }
      expect(modes).toEqual(['full', 'incremental']);
      expect(await own.one('SELECT last_synced_at FROM facebook_pages')).toEqual({ last_synced_at: AT + 1 });
    });
  });

  describe('show in their Page', () => {
    const fail = async (pageId: string, platform: Platform, status: RunFailure['pageStatus']) => {
      const { lease } = await opened.begin({ pageId, platform });
      await opened.ledger.fail(lease, failure(String(status).toUpperCase(), status));
    };

    it('the worst of them, and which it is: a healthy one never hides the trouble of the other', async () => {
      const pageId = await syncedPage();
      await fail(pageId, 'instagram', 'permission_missing');
      const missing = {
        status: 'permission_missing',
        status_detail: 'Instagram: It is PERMISSION_MISSING.',
        last_synced_at: AT,
      };
      expect(await page(pageId)).toEqual(missing);
      await sync(pageId, 'messenger');
      expect(await page(pageId)).toEqual(missing);
      await fail(pageId, 'messenger', 'throttled');
      expect(await page(pageId)).toEqual(missing);
      await fail(pageId, 'messenger', 'token_expired');
      expect(await page(pageId)).toMatchObject({
        status: 'token_expired',
        status_detail: 'Messenger: It is TOKEN_EXPIRED.',
      });
      await sync(pageId, 'messenger');
      expect(await page(pageId)).toEqual(missing);
      await sync(pageId, 'instagram');
      expect(await page(pageId)).toMatchObject({ status: 'connected', status_detail: null });
    });

    it('nothing while it is paused; resumed, it shows what is the matter', async () => {
      const pageId = await syncedPage();
      await fail(pageId, 'instagram', 'permission_missing');
      await setPageActive(opened.database, pageId, false);
      await fail(pageId, 'messenger', 'throttled');
      expect(await page(pageId)).toMatchObject({ status: 'paused', status_detail: null });
      expect(await setPageActive(opened.database, pageId, true)).toMatchObject({ status: 'permission_missing' });
    });

    it('nothing after a fresh token, which is that of all of them', async () => {
      const pageId = await syncedPage();
      await fail(pageId, 'instagram', 'permission_missing');
      await fail(pageId, 'messenger', 'token_expired');
      const { facebook_page_id: facebookPageId } = await opened.one<{ facebook_page_id: string }>(
        'SELECT facebook_page_id FROM facebook_pages WHERE id = $1',
        [pageId],
      );
      const cipher = createTokenCipher(TEST_KEY);
      const fresh = { facebookPageId, name: 'One', instagramAccountId: '178', token: new Secret('EAAGfresh') };
      const {
        saved: [saved],
      } = await savePages(opened.database, cipher, [fresh]);
      expect(saved).toMatchObject({ status: 'connected', statusDetail: undefined, lastSyncedAt: AT });
    });
  });

  it('have conversations and a retry ledger of their own', async () => {
    const pageId = await pageWithBoth();
    const stores: Record<string, BegunRun & { readonly store: WalkStore }> = {};
    for (const platform of PLATFORMS) stores[platform] = await opened.begin({ pageId, platform });
    const { messenger, instagram } = stores;
    const at: Instant = AT;
    await messenger?.store.commit([1, 2, 3].map((n) => collected(snapshot(`t_${n}`, { updatedAt: at }))));
    await instagram?.store.commit([collected(snapshot('i_1', { updatedAt: at }))]);
    await instagram?.store.recordFailures([{ conversationId: 'i_2', code: 'GRAPH_ERROR', reason: 'not shown' }]);
    expect(await messenger?.store.finish(walked())).toBe('succeeded');
    expect(await instagram?.store.finish(walked())).toBe('partial');
    expect(await listOpenRetries(opened.database, { pageId, platform: 'messenger' })).toEqual([]);
    expect(await listOpenRetries(opened.database, { pageId, platform: 'instagram' })).toHaveLength(1);
    expect(await opened.begin({ pageId, platform: 'messenger' })).toMatchObject({
      storedInLookback: 3,
      hasOpenRetries: false,
    });
    expect(await opened.begin({ pageId, platform: 'instagram' })).toMatchObject({
      storedInLookback: 1,
      hasOpenRetries: true,
    });
  });

  it('take over what an older version knew of their Page', async () => {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    const database = connect({ connectionString: url });
    onTestFinished(() => database.close());
    await database.query(must(renderMigrations().split('-- 0011_channels\n')[0], 'it comes last') + 'COMMIT;');
    await database.query(`
      INSERT INTO facebook_pages (facebook_page_id, status, status_detail, last_synced_at, instagram_account_id, is_active)
      VALUES ('1', 'connected', NULL, '2026-03-01T08:00Z', NULL, true),
             ('2', 'token_expired', 'It died.', '2026-03-01T08:00Z', '178', true),
             ('3', 'paused', NULL, NULL, NULL, false), ('4', 'connected', NULL, '2026-03-01T08:00Z', NULL, true);
      INSERT INTO facebook_sync_state (page_id, platform, watermark, hint_usable, rest_mode, rest_after)
      SELECT id, 'messenger', '2026-03-01T08:00Z', false, 'full', 'cursor' FROM facebook_pages WHERE facebook_page_id < '4';
      INSERT INTO facebook_page_schedule SELECT id, now(), now() FROM facebook_pages;
      INSERT INTO facebook_failed_jobs (page_id, queue, attempts, error_code, reason)
      SELECT id, 'sync', 5, 'X', 'x' FROM facebook_pages;
      INSERT INTO facebook_call_pools (pool, parked_until, reason) VALUES ('app', '2026-03-01', 'Used up.')`);
    await migrate(database);
    const seen = () =>
      database.query(`
        SELECT facebook_page_id AS page, platform, state.status, state.last_synced_at AS at, since_filter_usable AS usable,
               checkpoint_cursor AS cursor, page.status AS shown, page.last_synced_at AS shown_at
        FROM facebook_pages AS page JOIN facebook_sync_state AS state ON state.page_id = page.id
        ORDER BY 1, 2 DESC`);
    const known = { platform: 'messenger', usable: false, cursor: 'cursor' };
    const expected = [
      { ...known, page: '1', status: 'connected', at: AT, shown: 'connected', shown_at: AT },
      { ...known, page: '2', status: 'token_expired', at: AT, shown: 'token_expired', shown_at: null },
      expect.objectContaining({ page: '2', platform: 'instagram', status: 'connected', at: null }) as unknown,
      { ...known, page: '3', status: 'connected', at: null, shown: 'paused', shown_at: null },
      // Another program's: its value is its owner's until a sync of ours has ended.
      {
        ...known,
        page: '4',
        status: 'connected',
        at: AT,
        usable: true,
        cursor: null,
        shown: 'connected',
        shown_at: AT,
      },
    ];
    expect(await seen()).toEqual(expected);
    await database.query(renderMigrations());
    expect(await seen()).toEqual(expected);
    expect(await database.query('SELECT quota, cooldown_reason FROM facebook_quotas')).toEqual([
      { quota: 'app', cooldown_reason: 'Used up.' },
    ]);
    for (const table of ['facebook_page_schedule', 'facebook_failed_jobs']) {
      expect(await database.query(`SELECT DISTINCT platform FROM ${table}`)).toEqual([{ platform: 'messenger' }]);
    }
  });
});
