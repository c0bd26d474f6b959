/** Reading the mirror page by page: every row once, in order, whatever the rows are. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { findConversationPages, listConversations, listMessages } from './reading.ts';
import { collected, message, openStoreForTest, snapshot } from '../../test/support/store/opened-store.ts';

const AT = Date.UTC(2026, 4, 5, 6, 7, 8);
/** Few different ones, so that ties are the rule. */
const anyTime = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: -2, max: 2 }).map((n) => AT + n * 1000),
  fc.constant(-1),
);
const anyId = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'A', 'b', '_', 'é'), minLength: 1, maxLength: 3 }),
  fc.uuid(),
);

describeEachPostgres('the mirror', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  async function allConversations(query: { pageId: string | undefined; limit: number; search?: string }) {
    const seen: string[] = [];
    const times: (number | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await listConversations(opened.database, { ...query, cursor });
      expect(page.items.length).toBeLessThanOrEqual(query.limit);
      // The last page is never an empty one, but for an empty list.
      if (cursor !== undefined) expect(page.items.length).toBeGreaterThan(0);
      seen.push(...page.items.map((item) => `${item.pageId} ${item.id}`));
      times.push(...page.items.map((item) => item.updatedAt));
      cursor = page.after;
    } while (cursor !== undefined);
    return { seen, times };
  }

  async function allMessages(query: { pageId: string; conversationId: string; limit: number }) {
    const seen: string[] = [];
    const times: (number | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await listMessages(opened.database, { ...query, cursor });
      seen.push(...page.items.map((item) => item.id));
      times.push(...page.items.map((item) => item.createdAt));
      cursor = page.after;
    } while (cursor !== undefined);
    return { seen, times };
  }

  const newestFirst = (times: readonly (number | undefined)[]) =>
    times.toSorted((a, b) => (b ?? -Infinity) - (a ?? -Infinity) || 0);

  it('gives every conversation exactly once, newest first, with ties and without times, of one Page and of all', async () => {
    const page = fc.uniqueArray(fc.record({ id: anyId, at: anyTime }), { selector: ({ id }) => id, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(page, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        async (pages, limit) => {
          await opened.database.query('DELETE FROM facebook_pages');
          const expected: string[] = [];
          for (const conversations of pages) {
            const { lease, store } = await opened.begin();
            await store.commit(conversations.map(({ id, at }) => collected(snapshot(id, { updatedAt: at }), [])));
            const own = conversations.map(({ id }) => `${lease.pageId} ${id}`);
            expect((await allConversations({ pageId: lease.pageId, limit })).seen.toSorted()).toEqual(own.toSorted());
            expected.push(...own);
          }
          const { seen, times } = await allConversations({ pageId: undefined, limit });
          expect(seen.toSorted()).toEqual(expected.toSorted());
          expect(times).toEqual(newestFirst(times));
          expect((await allConversations({ pageId: undefined, limit: 200 })).seen).toEqual(seen);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives every message exactly once, newest first, with ties and without times', async () => {
    const messages = fc.uniqueArray(fc.record({ id: anyId, at: anyTime }), { selector: ({ id }) => id, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 6 }), async (shown, limit) => {
        const { lease, store } = await opened.begin();
        const { pageId } = lease;
        const rows = shown.map(({ id, at }) => message(id, { createdAt: at }));
        await store.commit([collected(snapshot('t_1'), rows), collected(snapshot('t_2'), [message('elsewhere')])]);
        const { seen, times } = await allMessages({ pageId, conversationId: 't_1', limit });
        expect(seen.toSorted()).toEqual(shown.map(({ id }) => id).toSorted());
        expect(times).toEqual(newestFirst(times));
        expect((await allMessages({ pageId, conversationId: 't_1', limit: 200 })).seen).toEqual(seen);
      }),
      { numRuns: 40 },
    );
  });

  it('stays in step while rows arrive above the place that a reader has come to', async () => {
    const { lease, store } = await opened.begin();
    const { pageId } = lease;
    await store.commit(Array.from({ length: 9 }, (_, n) => collected(snapshot(`t_${n}`, { updatedAt: AT - n }), [])));
    const first = await listConversations(opened.database, { pageId, limit: 4 });
    await store.commit([
      collected(snapshot('t_new', { updatedAt: AT + 1000 }), []),
      collected(snapshot('t_1', { updatedAt: AT + 2000 }), []),
    ]);
    const rest = await listConversations(opened.database, { pageId, limit: 50, cursor: first.after });
    expect([...first.items, ...rest.items].map((item) => item.id)).toEqual(
      Array.from({ length: 9 }, (_, n) => `t_${n}`),
    );
  });

  it('keeps the microseconds of a time between two pages of a list', async () => {
    const { lease, store } = await opened.begin();
    const { pageId } = lease;
    await store.commit(['t_1', 't_2', 't_3'].map((id) => collected(snapshot(id), [])));
    await opened.database.query(
      `UPDATE facebook_conversations SET updated_time = '2026-01-01 00:00:00.000001+00'::timestamptz
         + right(id, 1)::int * interval '1 microsecond' WHERE page_id = $1`,
      [pageId],
    );
    expect((await allConversations({ pageId, limit: 1 })).seen.map((row) => row.slice(-3))).toEqual([
      't_3',
      't_2',
      't_1',
    ]);
  });

  describe('searched', () => {
    it.each([
      ['50%', ['t_percent']],
      ['a_b', ['t_underscore']],
      [String.raw`c:\new`, ['t_backslash']],
      ['\\', ['t_backslash']],
      ['%', ['t_percent']],
      ['grüẞ', ['t_plain']],
      ['GRÜSSE', []],
      ['ADA', ['t_backslash', 't_percent', 't_plain', 't_underscore']],
      ["'; --", []],
      ['\0', []],
      ['', ['t_backslash', 't_percent', 't_plain', 't_underscore']],
      ['t_plain', ['t_plain']],
    ])('for %j finds it literally, in any case', async (search, expected) => {
      const { lease, store } = await opened.begin();
      const snippets = {
        t_percent: 'now 50% off',
        t_underscore: 'see a_b here',
        t_backslash: String.raw`in C:\new folder`,
        t_plain: 'Viele Grüße, acb 500',
      };
      await store.commit(Object.entries(snippets).map(([id, snippet]) => collected(snapshot(id, { snippet }), [])));
      const { seen } = await allConversations({ pageId: lease.pageId, limit: 2, search });
      // Which letters belong together is up to the database: ẞ and ß do in some.
      const ids = seen.map((row) => row.slice(37)).toSorted();
      if (search === 'grüẞ') expect([[], expected]).toContainEqual(ids);
      else expect(ids).toEqual(expected);
    });
  });

  describe('asked for nonsense', () => {
    const forge = (...parts: readonly unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const pageId = crypto.randomUUID();
    const time = '2026-05-05 06:07:08+00';

    it.each([
      ['nothing', ''],
      ['no base64', '%%%'],
      ['no JSON', Buffer.from('{').toString('base64url')],
      ['an object', Buffer.from('{"0":1}').toString('base64url')],
      ['too few parts', forge(time, 't_1')],
      ['a number for a time', forge(5, 't_1', pageId)],
      ['a word for a time', forge('yesterday', 't_1', pageId)],
      ['a time that only JavaScript reads', forge('1', 't_1', pageId)],
      ['a day that no month has', forge('2026-02-30 00:00:00+00', 't_1', pageId)],
      ['an hour that no day has', forge('2026-02-03 25:00:00+00', 't_1', pageId)],
      ['an offset that no zone has', forge('2026-02-03 05:00:00+99', 't_1', pageId)],
      ['NUL in an id', forge(time, 't\0', pageId)],
      ['a Page that is no uuid', forge(time, 't_1', '-'.repeat(36))],
    ])('says INVALID_INPUT of a cursor that is %s', async (_, cursor) => {
      for (const list of [
        () => listConversations(opened.database, { pageId: undefined, cursor }),
        () => listMessages(opened.database, { pageId, conversationId: 't_1', cursor }),
      ]) {
        await expect(list()).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringContaining('cursor'),
        });
      }
    });

    it.each([0, -1, 1.5, 201, Number.NaN, Infinity])('says INVALID_INPUT of a limit of %s', async (limit) => {
      await expect(listConversations(opened.database, { pageId: undefined, limit })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
      await expect(listMessages(opened.database, { pageId, conversationId: 't', limit })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
    });

    it('says INVALID_INPUT of an id with NUL, and finds nothing by one that is not there', async () => {
      await expect(findConversationPages(opened.database, 't\0')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      expect(await findConversationPages(opened.database, 't_nowhere')).toEqual([]);
      expect(await listMessages(opened.database, { pageId, conversationId: 't_1' })).toEqual({
        items: [],
        after: undefined,
      });
      expect(await listConversations(opened.database, { pageId })).toEqual({ items: [], after: undefined });
    });
  });

  it('gives cursors that it takes back, in whatever time zone the session is', async () => {
    const { lease, store } = await opened.begin();
    const { pageId } = lease;
    const ats = [AT, Date.UTC(1890, 0, 1), -1, undefined, Date.UTC(9999, 11, 31)];
    await store.commit(ats.map((at, n) => collected(snapshot(`t_${n}`, { updatedAt: at }), [])));
    for (const zone of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Kiritimati']) {
      await opened.database.transaction(async (query) => {
        await query(`SET LOCAL timezone = '${zone}'`);
        let cursor: string | undefined;
        const seen: string[] = [];
        do {
          const page = await listConversations({ ...opened.database, query }, { pageId, limit: 1, cursor });
          seen.push(...page.items.map((item) => item.id));
          cursor = page.after;
        } while (cursor !== undefined);
        expect(seen, zone).toEqual(['t_4', 't_0', 't_2', 't_1', 't_3']);
      });
    }
  });
});
