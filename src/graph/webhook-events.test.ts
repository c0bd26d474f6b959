import { describe, expect, it } from 'vitest';
import { redactDelivery } from './webhook-redaction.ts';
import { parseDelivery } from './webhook-events.ts';

const PAGE = '1000000000001';
const ACCOUNT = '17841400000000001';
const PERSON = '2000000000002';
const AT = 1_700_000_000_000;

const inbound = { sender: { id: PERSON }, recipient: { id: PAGE }, timestamp: AT };
const outbound = { sender: { id: PAGE }, recipient: { id: PERSON }, timestamp: AT };

function page(...messaging: readonly object[]): string {
  return JSON.stringify({ object: 'page', entry: [{ id: PAGE, time: AT + 500, messaging }] });
}

function instagram(...messaging: readonly object[]): string {
  return JSON.stringify({ object: 'instagram', entry: [{ id: ACCOUNT, time: AT + 500, messaging }] });
}

const place = { platform: 'messenger', accountId: PAGE, contactId: PERSON, at: AT, lateMs: 500 };

describe('an event', () => {
  it('of a message says who wrote what, with whom, and how late it is told', () => {
    const message = { mid: 'm_1', text: 'Hello', reply_to: { mid: 'm_0' }, attachments: [{ type: 'like_heart' }] };
    const item = { ...inbound, message };

    expect(parseDelivery(page(item)).events).toEqual([
      {
        ...place,
        kind: 'message',
        message: {
          id: 'm_1',
          fromId: PERSON,
          direction: 'inbound',
          text: 'Hello',
          attachments: [{ type: 'like_heart' }],
          replyTo: 'm_0',
          raw: item,
        },
      },
    ]);
  });

  it.each([
    ['from the Page', outbound],
    ['of a recording whose ids are turned round', { ...inbound, sender: { id: Number(PERSON) } }],
  ])('of an echo %s is one of the Page', (_name, parties) => {
    const { events } = parseDelivery(page({ ...parties, message: { mid: 'm_1', is_echo: true, app_id: 1 } }));

    expect(events).toMatchObject([{ contactId: PERSON, message: { direction: 'outbound', fromId: PAGE } }]);
  });

  it.each([
    [
      'message_edit',
      { mid: 'm_1', text: 'New', num_edit: '2' },
      { kind: 'edit', messageId: 'm_1', text: 'New', number: 2 },
    ],
    ['message', { mid: 'm_1', is_deleted: true }, { kind: 'unsend', messageId: 'm_1' }],
    ['read', { watermark: AT, seq: 38 }, { kind: 'read', upTo: AT }],
    ['delivery', { mids: ['m_1'], watermark: AT }, { kind: 'delivery', upTo: AT }],
    ['delivery', { watermark: AT }, { kind: 'delivery', upTo: AT }],
    [
      'reaction',
      { mid: 'm_1', action: 'react', emoji: '❤', reaction: 'love' },
      { kind: 'reaction', messageId: 'm_1', actorId: PERSON, reaction: 'love', emoji: '❤' },
    ],
    [
      'reaction',
      { mid: 'm_1', action: 'unreact' },
      { kind: 'reaction', messageId: 'm_1', actorId: PERSON, reaction: undefined, emoji: undefined },
    ],
    [
      'postback',
      { mid: 'm_1', title: 'Start', payload: 'GO' },
      { kind: 'message', message: { id: 'm_1', text: 'Start' } },
    ],
  ])('%s %j is understood', (name, value, told) => {
    expect(parseDelivery(page({ ...inbound, [name]: value })).events).toMatchObject([{ ...place, ...told }]);
  });

  it('of Instagram is of the account, and names the message that was read', () => {
    const item = { sender: { id: PERSON }, recipient: { id: ACCOUNT }, timestamp: AT, read: { mid: 'aWdf1' } };

    expect(parseDelivery(instagram(item)).events).toEqual([
      { ...place, platform: 'instagram', accountId: ACCOUNT, kind: 'read', upTo: { messageId: 'aWdf1' } },
    ]);
  });

  it.each(['referral', 'optin', 'policy-enforcement', 'pass_thread_control', 'take_thread_control'])(
    '%s is known, and changes nothing',
    (name) => {
      expect(parseDelivery(page({ recipient: { id: PAGE }, timestamp: AT, [name]: {} }))).toEqual({
        events: [],
        noted: [name],
        unknown: [],
      });
    },
  );

  it('names an old message as the Graph API does', () => {
    const { events } = parseDelivery(page({ ...inbound, message: { mid: 'mid.1457764197618:41d1', text: 'x' } }));

    expect(events).toMatchObject([{ message: { id: 'm_mid.1457764197618:41d1' } }]);
  });
});

describe('a delivery', () => {
  it('may hold events of another app, and events as changes', () => {
    const entry = [
      { id: PAGE, time: AT, standby: [{ ...inbound, message: { mid: 'm_1', text: 'x' } }] },
      {
        id: PAGE,
        time: AT,
        changes: [{ field: 'messages', value: { ...inbound, message: { mid: 'm_2', text: 'y' } } }],
      },
    ];

    expect(parseDelivery(JSON.stringify({ object: 'page', entry })).events).toMatchObject([
      { message: { id: 'm_1' } },
      { message: { id: 'm_2' } },
    ]);
  });

  it('that the dashboard sends to try it is a sample', () => {
    const value = {
      sender: { id: '12334' },
      recipient: { id: '23245' },
      timestamp: '1527459824',
      message: { mid: 'test_message_id', text: 'test_message' },
    };
    const samples = [{ messaging: [value] }, { changes: [{ field: 'messages', value }] }];

    for (const sample of samples) {
      const body = JSON.stringify({ object: 'instagram', entry: [{ id: '0', time: 1527459824, ...sample }] });
      expect(parseDelivery(body)).toEqual({ events: [], noted: ['sample'], unknown: [] });
    }
  });

  it('is read as far as it can be: what is odd is named, and the rest goes on', () => {
    const odd = [
      null,
      [],
      { ...inbound },
      { timestamp: AT },
      { ...inbound, message: {} },
      { ...inbound, new_thing: {} },
    ];
    const parsed = parseDelivery(page(...(odd as object[]), { ...inbound, message: { mid: 'm_1', text: 'x' } }));

    expect(parsed.events).toHaveLength(1);
    expect(parsed.unknown).toHaveLength(6);
    expect(parsed.unknown).toContain('new_thing');
  });

  it.each([['{"object":"user","entry":[]}'], ['{"object":"page"}'], ['{}']])(
    '%s holds nothing that is known',
    (body) => {
      expect(parseDelivery(body)).toMatchObject({ events: [], unknown: [expect.stringContaining('object')] });
    },
  );

  it('says nothing of a message that was unsent but that it was there', () => {
    const body = page(
      { ...inbound, message: { mid: 'm_1', text: 'secret', attachments: [{ payload: { url: 'https://secret' } }] } },
      { ...inbound, message_edit: { mid: 'm_1', text: 'secret', num_edit: 1 } },
      { ...inbound, postback: { mid: 'm_1', title: 'secret', payload: 'secret' } },
      { ...inbound, message: { mid: 'm_2', text: 'kept' } },
    );
    const redacted = redactDelivery(body, new Set(['m_1']));

    expect(redacted).not.toContain('secret');
    expect(redacted).toContain('kept');
    expect(parseDelivery(redacted).events).toHaveLength(4);
  });
});
