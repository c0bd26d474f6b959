/** The Pages: their tokens, their pauses, and that nothing of one is left when it is removed. */
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { TEST_KEY } from '../../test/support/test-key.ts';
import type { Page } from '../core/model.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { findPage, findReferredPage, openToken, listPages, removePage, setPageActive } from './pages.ts';
import { type PageToSave, savePages } from './save-pages.ts';
import {
  collected,
  connectAside,
  openStoreForTest,
  outcome,
  snapshot,
  untilWaiting,
} from '../../test/support/store/opened-store.ts';
import { createTokenCipher } from './token-cipher.ts';

const cipher = createTokenCipher(TEST_KEY);
let counter = 0;

function toSave(fields: Partial<PageToSave> = {}): PageToSave {
  counter += 1;
  return {
    facebookPageId: `1000${counter}`,
    name: `Page ${counter}`,
    instagramAccountId: undefined,
    token: new Secret(`EAAGtoken${counter}`),
    ...fields,
  };
}

describeEachPostgres('Pages', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const stored = async (facebookPageId: string) =>
    (
      await opened.one<{ access_token: string }>(
        'SELECT access_token FROM facebook_pages WHERE facebook_page_id = $1',
        [facebookPageId],
      )
    ).access_token;
  /** As a run gets it. */
  const tokenOf = async (page: Page, keys = cipher) => {
    const { lease, storedToken } = await opened.begin({ pageId: page.id });
    await opened.expire(lease);
    return openToken({ database: opened.database, cipher: keys }, page, storedToken);
  };
  const save = async (...pages: readonly PageToSave[]) => (await savePages(opened.database, cipher, pages)).saved;
  const saveOne = async (fields: Partial<PageToSave> = {}) =>
    must((await save(toSave(fields)))[0], 'it was just saved');

  describe('their tokens', () => {
    it('are nowhere in the table but in an envelope, and come back as Secret', async () => {
      const page = await saveOne({ token: new Secret('EAAGplain') });
      expect(inspect(page, { depth: 9 })).not.toContain('EAAG');
      const [row] = await opened.database.query<{ text: string }>(
        'SELECT facebook_pages::text AS text FROM facebook_pages WHERE id = $1',
        [page.id],
      );
      expect(row?.text).toContain('tm1:');
      expect(row?.text).not.toContain('EAAGplain');
      const token = await tokenOf(page);
      expect(token.reveal()).toBe('EAAGplain');
      expect(`${token}`).toBe('[secret]');
    });

    it('are replaced for a known Page, which is connected again under its old id', async () => {
      const first = await saveOne({ instagramAccountId: '178' });
      await opened.database.query(
        `UPDATE facebook_pages SET status = 'token_expired', status_detail = 'it died', last_synced_at = now() WHERE id = $1`,
        [first.id],
      );
      const before = await findPage(opened.database, first.id);
      const again = await saveOne({
        facebookPageId: first.facebookPageId,
        name: undefined,
        token: new Secret('EAAGfresh'),
      });
      expect(again).toMatchObject({
        id: first.id,
        name: first.name,
        instagramAccountId: '178',
        status: 'connected',
        statusDetail: undefined,
        lastSyncedAt: before?.lastSyncedAt,
        createdAt: first.createdAt,
      });
      expect((await tokenOf(again)).reveal()).toBe('EAAGfresh');
    });

    it('of several Pages are saved at once, each Page once, in the order they came', async () => {
      const pages = Array.from({ length: 12 }, () => toSave());
      const [third = toSave()] = pages.slice(2);
      await save(third);
      const twice = [...pages, { ...third, token: new Secret('EAAGlatest') }];
      const saved = await save(...twice);
      expect(saved.map((page) => page.facebookPageId)).toEqual(pages.map((page) => page.facebookPageId));
      const page = must(saved[2], 'the third was saved');
      expect((await tokenOf(page)).reveal()).toBe('EAAGlatest');
    });

    it('of the same new Page, handed in twice at the same instant, make one Page', async () => {
      const page = toSave();
      const saved = await Promise.all(Array.from({ length: 6 }, () => save(page)));
      expect(new Set(saved.flat().map(({ id }) => id)).size).toBe(1);
    });

    it('that are missing are said to be', async () => {
      const id = await opened.addPage();
      const page = must(await findPage(opened.database, id), 'it was just made');
      await expect(tokenOf(page)).rejects.toMatchObject({
        code: 'TOKEN_MISSING',
        message: expect.stringContaining('Harbour Café'),
      });
    });

    it('that lie there in the clear are encrypted when they are first used', async () => {
      const page = await saveOne();
      await opened.database.query('UPDATE facebook_pages SET access_token = $2 WHERE id = $1', [page.id, 'EAAGclear']);
      expect((await tokenOf(page)).reveal()).toBe('EAAGclear');
      expect(await stored(page.facebookPageId)).toMatch(/^tm1:/);
      expect((await tokenOf(page)).reveal()).toBe('EAAGclear');
    });

    it('that an older key encrypted are encrypted with the newest key when they are next used, and only then', async () => {
      const page = await saveOne();
      const old = await stored(page.facebookPageId);
      const newKey = Buffer.alloc(32, 9).toString('base64');
      const rotated = createTokenCipher(new Secret(`${newKey},${TEST_KEY.reveal()}`));
      const token = await tokenOf(page, rotated);
      const renewed = await stored(page.facebookPageId);
      expect(renewed).not.toBe(old);
      expect((await tokenOf(page, createTokenCipher(new Secret(newKey)))).reveal()).toBe(token.reveal());
      await tokenOf(page, rotated);
      expect(await stored(page.facebookPageId)).toBe(renewed);
      await expect(tokenOf(page)).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_WRONG' });
    });

    it('that come in fresh while a stale one is stored again are not overwritten by it', async () => {
      const page = await saveOne();
      await opened.database.query('UPDATE facebook_pages SET access_token = $2 WHERE id = $1', [page.id, 'EAAGstale']);
      const blocker = connectAside(opened.url);
      const late = await blocker.transaction(async (query) => {
        const fresh = cipher.encrypt(new Secret('EAAGfresh'), page.facebookPageId);
        await query('UPDATE facebook_pages SET access_token = $2 WHERE id = $1', [page.id, fresh]);
        const found = tokenOf(page);
        await untilWaiting(opened, 1);
        return { found };
      });
      expect((await late.found).reveal()).toBe('EAAGstale');
      expect((await tokenOf(page)).reveal()).toBe('EAAGfresh');
    });
  });

  it('are found by either id, and nothing is found by what is no id', async () => {
    const page = await saveOne();
    expect(await findPage(opened.database, page.id)).toEqual(page);
    expect(await findPage(opened.database, page.id.toUpperCase())).toEqual(page);
    expect(await findReferredPage(opened.database, { facebookPageId: page.facebookPageId })).toEqual(page);
    expect(await findReferredPage(opened.database, { ...page, pageId: page.id })).toEqual(page);
    for (const id of ['', 'not a uuid', `${page.id} `, `${page.id}\0`, '%', crypto.randomUUID()]) {
      expect(await findPage(opened.database, id), JSON.stringify(id)).toBeUndefined();
    }
    const other = await saveOne();
    for (const [ref, code] of [
      [{ facebookPageId: page.id }, 'PAGE_NOT_FOUND'],
      [{ pageId: page.facebookPageId }, 'PAGE_NOT_FOUND'],
      [{ pageId: page.id, facebookPageId: other.facebookPageId }, 'PAGE_IDS_DISAGREE'],
      [{ facebookPageId: '1\0' }, 'INVALID_INPUT'],
      [{}, 'PAGE_ID_REQUIRED'],
    ] as const) {
      await expect(findReferredPage(opened.database, ref)).rejects.toMatchObject({ code });
    }
    expect((await listPages(opened.database)).map(({ id }) => id)).toEqual(expect.arrayContaining([page.id, other.id]));
  });

  it('are paused and resumed; a fresh token does not wake a paused one', async () => {
    const page = await saveOne();
    expect(await setPageActive(opened.database, page.id, false)).toMatchObject({ isActive: false, status: 'paused' });
    expect(await saveOne({ facebookPageId: page.facebookPageId })).toMatchObject({ isActive: false, status: 'paused' });
    expect(await setPageActive(opened.database, page.id, true)).toMatchObject({ isActive: true, status: 'connected' });
    await opened.database.query(`UPDATE facebook_sync_state SET status = 'throttled' WHERE page_id = $1`, [page.id]);
    expect(await setPageActive(opened.database, page.id, true)).toMatchObject({ status: 'throttled' });
    expect(await setPageActive(opened.database, crypto.randomUUID(), true)).toBeUndefined();
  });

  describe('that are removed', () => {
    const tables = [
      'facebook_conversations',
      'facebook_messages',
      'facebook_sync_state',
      'facebook_sync_runs',
      'facebook_retry_ledger',
    ];
    const rowsOf = async (pageId: string) => {
      const counts = await Promise.all(
        tables.map((table) =>
          opened.one<{ rows: number }>(`SELECT count(*) AS rows FROM ${table} WHERE page_id = $1`, [pageId]),
        ),
      );
      return counts.map(({ rows }) => rows);
    };

    it('leave nothing behind in any table, and nothing of another Page is missing', async () => {
      const runs = [await opened.begin(), await opened.begin()];
      for (const { store } of runs) {
        await store.recordFailures([{ conversationId: 't_9', code: 'GRAPH_ERROR', reason: 'not shown' }]);
        await store.commit([collected(snapshot('t_1'))]);
      }
      const [gone = '', kept = ''] = runs.map(({ lease }) => lease.pageId);
      expect(await rowsOf(gone)).toEqual([1, 1, 1, 1, 1]);
      await removePage(opened.database, gone);
      expect(await rowsOf(gone)).toEqual([0, 0, 0, 0, 0]);
      expect(await rowsOf(kept)).toEqual([1, 1, 1, 1, 1]);
      expect(await findPage(opened.database, gone)).toBeUndefined();
    });

    it('while a batch is being written wait for it, and end the walk', async () => {
      const { lease, store } = await opened.begin();
      const { pageId } = lease;
      await store.commit([collected(snapshot('t_1'))]);
      const blocker = connectAside(opened.url);
      const racing = await blocker.transaction(async (query) => {
        await query('SELECT FROM facebook_conversations WHERE page_id = $1 FOR UPDATE', [pageId]);
        const commit = store.commit([collected(snapshot('t_1', { snippet: 'changed' })), collected(snapshot('t_2'))]);
        await untilWaiting(opened, 1);
        const removal = removePage(opened.database, pageId);
        await untilWaiting(opened, 2);
        return { commit, removal };
      });
      expect(await racing.commit).toMatchObject({ inserted: 1 });
      await racing.removal;
      expect(await rowsOf(pageId)).toEqual([0, 0, 0, 0, 0]);
      await expect(store.commit([collected(snapshot('t_3'))])).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
      await expect(store.finish(outcome())).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
    });
  });
});
