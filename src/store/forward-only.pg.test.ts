/** A row only moves forward: no older snapshot overwrites a newer one, and what was known is not forgotten (I5). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { collected, light, message, openStoreForTest, snapshot } from '../../test/support/store/opened-store.ts';

describeEachPostgres('a row never goes back in time (I5)', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const conversation = (pageId: string, id: string) =>
    opened.one('SELECT * FROM facebook_conversations WHERE page_id = $1 AND id = $2', [pageId, id]);
  const messageIds = async (pageId: string) =>
    (
      await opened.database.query<{ id: string }>('SELECT id FROM facebook_messages WHERE page_id = $1 ORDER BY id', [
        pageId,
      ])
    ).map((row) => row.id);

  const newer = snapshot('t_1', { updatedAt: 2_000_000, snippet: 'newer', messageCount: 7, unreadCount: 3 });
  const older = snapshot('t_1', { updatedAt: 1_000_000, snippet: 'older', messageCount: 9, unreadCount: 1 });

  it.each([
    ['an older light snapshot', light(older)],
    ['an older snapshot that was collected', collected(older, [message('m_old')])],
    ['a snapshot without a time', light(snapshot('t_1', { updatedAt: undefined, snippet: 'timeless' }))],
  ])('by %s', async (_, late) => {
    const { lease, store } = await opened.begin();
    await store.commit([collected(newer)]);
    await store.commit([late]);
    expect(await conversation(lease.pageId, 't_1')).toMatchObject({
      updated_time: 2_000_000,
      snippet: 'newer',
      message_count: 7,
      unread_count: 3,
      raw: expect.objectContaining({ snippet: 'newer' }),
    });
  });

  it('but still stores the messages that an older snapshot brings', async () => {
    const { lease, store } = await opened.begin();
    await store.commit([collected(newer)]);
    expect(await store.commit([collected(older, [message('m_old')])])).toMatchObject({ eventsCreated: 1 });
    expect(await messageIds(lease.pageId)).toEqual(['m_old', 'm_t_1']);
  });

  it('and what is known is not taken away by what is empty', async () => {
    const { lease, store } = await opened.begin();
    const person = { id: '77', name: 'Ada', username: undefined, email: undefined };
    const known = snapshot('t_1', { ...newer, link: '/inbox/1', participants: [person], contact: person });
    const said = { ...message('m_1'), text: 'Hello', attachments: [{ id: 'a' }], raw: { id: 'm_1', n: 1 } };
    await store.commit([collected(known, [said])]);
    const emptied = { ...known, link: undefined, participants: [], contact: undefined, raw: { n: 2 } };
    const silent = { ...said, text: '', attachments: [], reactions: [{ reaction: 'love' }], raw: { id: 'm_1', n: 2 } };
    await store.commit([collected(emptied, [silent])]);
    expect(await conversation(lease.pageId, 't_1')).toMatchObject({
      link: '/inbox/1',
      contact_name: 'Ada',
      participants: [expect.objectContaining({ id: '77' })],
    });
    expect(
      await opened.one('SELECT * FROM facebook_messages WHERE page_id = $1 AND id = $2', [lease.pageId, 'm_1']),
    ).toMatchObject({ text: 'Hello', attachments: [{ id: 'a' }], reactions: [{ reaction: 'love' }] });
  });

  it('and takes what has the same time, which Facebook counts in seconds', async () => {
    const { lease, store } = await opened.begin();
    await store.commit([collected(newer)]);
    await store.commit([light({ ...newer, snippet: 'same second', raw: { snippet: 'same second' } })]);
    expect(await conversation(lease.pageId, 't_1')).toMatchObject({ snippet: 'same second' });
  });

  it('and keeps the name and id of a contact that Facebook stops showing', async () => {
    const { lease, store } = await opened.begin();
    const nobody = { id: undefined, name: undefined, username: undefined, email: undefined };
    await store.commit([collected(newer)]);
    for (const contact of [undefined, nobody]) {
      await store.commit([collected(snapshot('t_1', { updatedAt: 3_000_000, snippet: `${contact?.id}`, contact }))]);
      expect(await conversation(lease.pageId, 't_1')).toMatchObject({ contact_id: 'contact', contact_name: 'Ada' });
    }
  });

  it('and keeps a new name when an old snapshot brings the old one, but learns one that was unknown', async () => {
    const { lease, store } = await opened.begin();
    const named = (name: string) => ({ contact: { id: 'contact', name, username: undefined, email: undefined } });
    await store.commit([light({ ...newer, ...named('Ada Lovelace') }), light(snapshot('t_2', { contact: undefined }))]);
    await store.commit([
      collected({ ...older, ...named('Ada Byron') }),
      collected(snapshot('t_2', { updatedAt: 1, ...named('Bo') })),
    ]);
    expect(await conversation(lease.pageId, 't_1')).toMatchObject({ contact_name: 'Ada Lovelace' });
    expect(await conversation(lease.pageId, 't_2')).toMatchObject({ contact_name: 'Bo' });
  });

  it('and leaves what was collected alone when a light snapshot comes', async () => {
    const { lease, store } = await opened.begin();
    await store.commit([collected(older)]);
    await store.commit([light(newer)]);
    const row = { collected_updated_time: 1_000_000, newest_message_id: 'm_t_1', history_complete: true };
    expect(await conversation(lease.pageId, 't_1')).toMatchObject({ ...row, updated_time: 2_000_000 });
    const held = await store.findStored([newer]);
    expect(held.get('t_1')).toMatchObject({ collected: true, collectedUpdatedAt: 1_000_000, sameSnapshot: true });
  });

  it('and believes a conversation to be there again when it is shown', async () => {
    const { lease, store } = await opened.begin();
    await store.commit([collected(newer)]);
    await opened.database.query('UPDATE facebook_conversations SET deleted_at = now() WHERE page_id = $1', [
      lease.pageId,
    ]);
    expect((await store.findStored([newer])).get('t_1')).toMatchObject({ deleted: true });
    expect(await store.commit([collected(newer)])).toMatchObject({ inserted: 0, updated: 1 });
    expect(await conversation(lease.pageId, 't_1')).toMatchObject({ deleted_at: null });
  });
});
