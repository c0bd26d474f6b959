/** Of older messages Facebook may show no more than their id and time: `text` is null then, and `raw` says why. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import type { MessageSnapshot } from '../core/model.ts';
import { collected, message, openStoreForTest, snapshot } from '../../test/support/store/opened-store.ts';

describeEachPostgres('a bare message', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  it.each(['messenger', 'instagram'] as const)(
    'empties nothing, and is filled by what comes later, on %s',
    async (platform) => {
      const { lease, store } = await opened.begin({ platform });
      const raw = { id: 'm_1', created_time: '2026-01-15T09:30:00+0000' };
      const bare = message('m_1', { text: undefined, from: undefined, direction: undefined, raw });
      const sent = { ...raw, from: { id: 'contact', username: 'ada' } };
      const held = async () => {
        const columns = 'text, direction, reply_to, raw';
        return opened.one(`SELECT ${columns} FROM facebook_messages WHERE page_id = $1 AND id = 'm_1'`, [lease.pageId]);
      };
      const write = (shown: MessageSnapshot) => store.commit([collected(snapshot('t_1'), [shown])]);
      await write(bare);
      expect(await held()).toEqual({ text: null, direction: null, reply_to: null, raw });
      // Of its kind Facebook shows who sent it, and no content.
      const unsupported = { ...sent, is_unsupported: true };
      await write(message('m_1', { text: undefined, raw: unsupported }));
      expect(await held()).toMatchObject({ text: null, direction: 'inbound', raw: unsupported });
      for (const text of ['', 'Hello']) {
        const full = { ...sent, message: text };
        await write(message('m_1', { text, raw: full }));
        for (const lesser of [bare, message('m_1', { text: undefined, raw: sent })]) await write(lesser);
        expect(await held()).toMatchObject({ text, direction: 'inbound', raw: full });
      }
    },
  );
});
