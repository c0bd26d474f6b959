/** What Facebook may send and PostgreSQL does not hold: stored as faithfully as can be, and it never sinks a batch (I12). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import fc from 'fast-check';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import type { JsonObject } from '../core/model.ts';
import { collected, message, openStoreForTest, snapshot } from '../../test/support/store/opened-store.ts';

describeEachPostgres('an odd batch', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const storedMessage = (pageId: string, id: string) =>
    opened.one('SELECT * FROM facebook_messages WHERE page_id = $1 AND id = $2', [pageId, id]);
  const storedConversation = (pageId: string, id: string) =>
    opened.one('SELECT * FROM facebook_conversations WHERE page_id = $1 AND id = $2', [pageId, id]);

  it('with NUL and lone surrogates in text, names, keys and deep inside is stored with U+FFFD, and raw says where', async () => {
    const { lease, store } = await opened.begin();
    const odd = 'a\0b\ud800c';
    const clean = 'a\uFFFDb\uFFFDc';
    const person = { id: 'p\0', name: odd, username: odd, email: odd };
    const raw: JsonObject = { message: odd, deep: [{ [odd]: [{ text: odd }] }], fine: '😀' };
    await store.commit([
      collected(
        snapshot('t_1', { snippet: odd, link: odd, participants: [person], contact: person, raw: { snippet: odd } }),
        [
          message('m_1', {
            text: odd,
            from: person,
            replyTo: odd,
            attachments: [{ [odd]: odd }],
            reactions: [odd],
            raw,
          }),
        ],
      ),
    ]);
    const cleanPerson = { id: 'p\uFFFD', name: clean, username: clean, email: clean };
    expect(await storedConversation(lease.pageId, 't_1')).toMatchObject({
      snippet: clean,
      link: clean,
      contact_id: 'p\uFFFD',
      contact_name: clean,
      participants: [expect.objectContaining(cleanPerson)],
      raw: { snippet: clean, _tidemark: { replaced: ['snippet'] } },
    });
    expect(await storedMessage(lease.pageId, 'm_1')).toMatchObject({
      text: clean,
      from_id: 'p\uFFFD',
      from_name: clean,
      reply_to: clean,
      attachments: [expect.objectContaining({ [clean]: clean })],
      reactions: [clean],
      raw: {
        message: clean,
        deep: [{ [clean]: [{ text: clean }] }],
        fine: '😀',
        _tidemark: { replaced: ['message', `deep[0].${clean}`, `deep[0].${clean}[0].text`] },
      },
    });
  });

  it('with NUL only in the name of a field is stored', async () => {
    const { lease, store } = await opened.begin();
    const attachments = [{ 'k\0': 1 }];
    await store.commit([collected(snapshot('t_1'), [message('m_1', { attachments, raw: { attachments } })])]);
    expect(await storedMessage(lease.pageId, 'm_1')).toMatchObject({ attachments: [{ 'k\uFFFD': 1 }] });
  });

  it('with odd ids is stored once, found again, and not written again', async () => {
    const { store } = await opened.begin();
    const ids = ['t_\0', 't_\ud800', 't_\uFFFD'];
    const shown = ids.map((id) => snapshot(id, { raw: { id: 'same' } }));
    const messages = ids.map((id) => message(`m${id}`, { text: 'same', raw: { id: 'same' } }));
    expect(await store.commit(shown.map((item) => collected(item, messages)))).toEqual({
      inserted: 1,
      updated: 0,
      eventsCreated: 1,
    });
    const held = await store.findStored(shown);
    expect([...held.keys()]).toEqual(ids);
    for (const item of held.values()) expect(item).toMatchObject({ collected: true, sameSnapshot: true });
    await store.recordFailures(ids.map((conversationId) => ({ conversationId, code: 'GRAPH_ERROR', reason: 'a\0b' })));
    expect(await store.findDueRetries(10)).toEqual(['t_\uFFFD']);
  });

  it('with ids that differ only in case, or are 200 characters long, keeps them apart', async () => {
    const { lease, store } = await opened.begin();
    const long = 'm_'.padEnd(199, '界');
    const ids = ['aWxsZQ', 'AWxsZQ', 'awxszq', `${long}a`, `${long}A`, 'ß', 'SS', 'i', 'İ'];
    const batch = ids.map((id) => collected(snapshot(id), [message(id, { text: id })]));
    expect(await store.commit(batch)).toEqual({ inserted: ids.length, updated: 0, eventsCreated: ids.length });
    for (const id of ids)
      expect(await storedMessage(lease.pageId, id)).toMatchObject({ text: id, conversation_id: id });
    expect((await store.findStored([snapshot('AWXSZQ'), snapshot('AWxsZQ')])).has('AWXSZQ')).toBe(false);
  });

  it('with texts of 20 kB is stored character by character', async () => {
    const { lease, store } = await opened.begin();
    const text = 'Moin 👋🏽 — "\\u0000" \\ \u2028 \r\n\t'.repeat(800);
    expect(text.length).toBeGreaterThan(20_000);
    await store.commit([collected(snapshot('t_1', { snippet: text }), [message('m_1', { text })])]);
    expect(await storedMessage(lease.pageId, 'm_1')).toMatchObject({
      text,
      raw: expect.objectContaining({ message: text }),
    });
    expect(await storedConversation(lease.pageId, 't_1')).toMatchObject({ snippet: text });
  });

  it.each([2 ** 31, -(2 ** 31) - 1, 1e300, Number.NaN, Infinity, 1.5])(
    'with a count of %s keeps everything else',
    async (count) => {
      const { lease, store } = await opened.begin();
      await store.commit([collected(snapshot('t_1', { messageCount: count, unreadCount: count }))]);
      expect(await storedConversation(lease.pageId, 't_1')).toMatchObject({ message_count: null, unread_count: 0 });
    },
  );

  it.each([Number.NaN, 8.64e15, -8.64e15, Date.UTC(10_000, 0), Date.UTC(-5, 0)])(
    'with a time of %s keeps everything else',
    async (at) => {
      const { lease, store } = await opened.begin();
      await store.commit([collected(snapshot('t_1', { updatedAt: at }), [message('m_1', { createdAt: at })])]);
      expect(await storedConversation(lease.pageId, 't_1')).toMatchObject({
        updated_time: null,
        floor_message_time: null,
      });
      expect(await storedMessage(lease.pageId, 'm_1')).toMatchObject({ created_time: null });
    },
  );

  it('keeps times to the millisecond, before and after 1970', async () => {
    const { lease, store } = await opened.begin();
    for (const [n, at] of [
      1,
      -1,
      Date.UTC(1800, 5, 5, 1, 2, 3, 4),
      Date.UTC(9999, 11, 31, 23, 59, 59, 999),
    ].entries()) {
      await store.commit([collected(snapshot(`t_${n}`, { updatedAt: at }))]);
      expect(await storedConversation(lease.pageId, `t_${n}`)).toMatchObject({ updated_time: at });
    }
  });

  it('stores whatever text it is given, and the same again is no change', async () => {
    const { lease, store } = await opened.begin();
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.uuid(), text, fc.dictionary(text, fc.jsonValue()), async (id, words, object) => {
        const shown = message(id, { text: words, raw: object as JsonObject });
        const batch = [collected(snapshot(`t_${id}`, { snippet: words }), [shown])];
        await store.commit(batch);
        expect(await store.commit(batch)).toEqual({ inserted: 0, updated: 0, eventsCreated: 0 });
        const expected = words.replaceAll(/\0|\p{Surrogate}/gu, '\uFFFD');
        expect(await storedMessage(lease.pageId, id)).toMatchObject({ text: expected });
      }),
      { numRuns: 60 },
    );
  });
});
