import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../core/model.ts';
import { CUSTOMER_ID, INSTAGRAM_ID, messages, PAGE_ID } from '../../test/support/graph/payloads.ts';
import { parseMessage } from './messages.ts';
import { toSelf } from './self.ts';
import { OddItem } from './shapes.ts';

const self = toSelf({ facebookPageId: PAGE_ID, instagramAccountId: INSTAGRAM_ID, platform: 'messenger' });

describe('parseMessage', () => {
  test.each(Object.entries<JsonObject>(messages))('keeps %s whole', (_name, raw) => {
    const message = parseMessage(raw, self);
    expect(message.raw).toBe(raw);
    expect(message.id).toBe(raw['id']);
    expect(message.text).toBe(raw['message']);
  });

  test('reads a sent text', () => {
    expect(parseMessage(messages.text2016, self)).toMatchObject({
      createdAt: Date.UTC(2016, 1, 3, 4, 5, 6),
      from: { id: PAGE_ID, name: 'Paper Boats', username: undefined },
      direction: 'outbound',
      attachments: [],
      reactions: [],
      replyTo: undefined,
    });
  });

  test('tells a sticker and a share from files', () => {
    expect(parseMessage(messages.sticker2019, self)).toMatchObject({
      direction: 'inbound',
      text: '',
      attachments: [{ type: 'sticker', url: messages.sticker2019.sticker }],
    });
    expect(parseMessage(messages.share, self).attachments).toEqual([
      { type: 'share', ...messages.share.shares.data[0] },
    ]);
  });

  test.each(['image2021', 'gif', 'txt', 'binary', 'mp4', 'euPlaceholder'] as const)(
    'brings the files of %s as they are',
    (name) => {
      expect(parseMessage(messages[name], self)).toMatchObject({
        text: undefined,
        attachments: messages[name].attachments.data,
      });
    },
  );

  test('reads what Instagram adds', () => {
    expect(parseMessage(messages.instagram, self)).toMatchObject({
      from: { id: INSTAGRAM_ID, name: undefined, username: 'paper.boats' },
      direction: 'outbound',
      reactions: messages.instagram.reactions.data,
      replyTo: 'aWdfEarlierMessage==',
      attachments: [{ type: 'share', link: 'https://boats.example/shop' }],
    });
  });

  test.each<[string, JsonObject, 'inbound' | 'outbound' | undefined]>([
    ['the Page', { from: { id: PAGE_ID } }, 'outbound'],
    ['the Page, as a number', { from: { id: Number(PAGE_ID) } }, 'outbound'],
    ['the Instagram account', { from: { id: INSTAGRAM_ID } }, 'outbound'],
    ['the Instagram account by user_id', { from: { id: 'scoped', user_id: INSTAGRAM_ID } }, 'outbound'],
    ['somebody else', { from: { id: CUSTOMER_ID } }, 'inbound'],
    [
      'somebody else, although tagged as sent',
      { from: { id: CUSTOMER_ID }, to: { data: [{ id: PAGE_ID }] }, tags: { data: [{ name: 'sent' }] } },
      'inbound',
    ],
    [
      'another id of the Page, tagged as sent',
      { from: { id: '990017' }, to: { data: [{ id: CUSTOMER_ID }] }, tags: { data: [{ name: 'sent' }] } },
      'outbound',
    ],
    ['nobody, tagged as sent', { tags: { data: [{ name: 'inbox' }, { name: 'sent' }] } }, 'outbound'],
    ['nobody', { tags: { data: [{ name: 'inbox' }] } }, undefined],
    ['a nameless one', { from: {} }, undefined],
    ['null', { from: null }, undefined],
  ])('is from %s', (_name, fields, direction) => {
    const own = toSelf({ facebookPageId: PAGE_ID, instagramAccountId: INSTAGRAM_ID, platform: 'messenger' });
    expect(parseMessage({ id: 'm_1', ...fields }, own).direction).toBe(direction);
  });

  test('marks lists that may go on elsewhere', () => {
    const raw = {
      id: 'm_1',
      attachments: { data: [{ id: 'a' }], paging: { next: 'https://x' } },
      reactions: { data: [] },
    };
    expect(parseMessage(raw, self).raw).toEqual({ ...raw, _tidemark: { incomplete: ['attachments'] } });
  });

  test('with an id that no index takes is odd', () => {
    expect(() => parseMessage({ id: 'm'.repeat(4000) }, self)).toThrow(/4000 bytes/u);
    expect(parseMessage({ id: 'm'.repeat(900) }, self).id).toHaveLength(900);
  });

  test('does not guess the direction on Instagram without the id of the account', () => {
    const unsure = toSelf({ facebookPageId: PAGE_ID, instagramAccountId: undefined, platform: 'instagram' });
    expect(parseMessage(messages.instagram, unsure).direction).toBeUndefined();
    expect(parseMessage({ id: 'm_1', from: { id: PAGE_ID } }, unsure).direction).toBe('outbound');
  });

  test('bears wrong types in every field but the id', () => {
    for (const odd of [null, 7, 'x', [], {}, { data: 'x' }, { data: [null, 3] }] as JsonValue[]) {
      const fields = [
        'created_time',
        'from',
        'message',
        'attachments',
        'shares',
        'sticker',
        'tags',
        'reactions',
        'reply_to',
      ];
      const raw = { id: 'm_1', ...Object.fromEntries(fields.map((field) => [field, odd])) };
      expect(parseMessage(raw, self)).toMatchObject({ id: 'm_1', raw });
    }
  });

  test.each<JsonValue>([null, 'm_1', [], {}, { id: '' }, { id: null }, { id: {} }])('refuses %j', (value) => {
    expect(() => parseMessage(value, self)).toThrow(OddItem);
  });
});
