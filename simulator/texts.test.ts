import { describe, expect, it } from 'vitest';
import { ask, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { ShownList } from '../test/support/simulator/ask.ts';
import { must } from '../src/lib/must.ts';
import { Written, joinPieces, toFacebookJson, toFacebookPieces } from './json.ts';
import { createTexts } from './texts.ts';
import type { ConversationTruth } from './truth.ts';
import type { Shape, View } from './shape.ts';
import type { Simulator } from './server.ts';
import type { Conversation } from './model.ts';

const FIELDS = 'id,updated_time,message_count,unread_count,snippet,messages.limit(5){id,message,attachments,reactions}';

/** The conversations of the first Page as they are shown, as one text. */
const read = async (simulator: Simulator, fields: string): Promise<string> => {
  const parameters = { fields, limit: 100 };
  const { json } = await ask<ShownList>(simulator, `${firstPage(simulator).id}/conversations`, { parameters });
  return JSON.stringify(json.data);
};

/** What is remembered, held against what the same request gets when it is spelled as nobody has spelled it before. */
const expectFresh = async (simulator: Simulator): Promise<string> => {
  expectFresh.spelling += ' ';
  const remembered = await read(simulator, FIELDS);
  expect((await read(simulator, FIELDS + expectFresh.spelling)) === remembered).toBe(true);
  return remembered;
};
expectFresh.spelling = '';

const newest = (simulator: Simulator): ConversationTruth =>
  must(simulator.world.truth(firstPage(simulator).id).conversations[0], 'a conversation');

describe('what is remembered of conversations', () => {
  it('follows every change, of the world and of the rules', async () => {
    const clock = { now: Date.parse('2026-11-20T10:00:00Z') };
    await using simulator = await startSmall({ conversations: 20, now: () => clock.now });
    const { world, rules } = simulator;
    const page = firstPage(simulator);
    const message = () => must(newest(simulator).messages.at(-1), 'a message').id;
    const changes: readonly (() => unknown)[] = [
      () => world.newMessage(page.id, undefined, { text: 'New', attachments: ['image'] }),
      () => world.editMessage(message(), 'Edited'),
      () => world.react(message(), 'love'),
      () => world.markRead(newest(simulator).id),
      () => world.deleteMessage(message()),
      () => world.newConversation(page.id, { messages: [{ attachments: ['image'] }] }),
      () => world.deleteConversation(newest(simulator).id),
      () => (rules.readableMessages.messenger = 1),
      () => (rules.phantomNext = true),
      () => world.renewToken(page.id),
      () => (clock.now += 24 * 3_600_000),
    ];
    let before = await expectFresh(simulator);
    for (const change of changes) {
      change();
      const after = await expectFresh(simulator);
      expect(after === before, String(change)).toBe(false);
      before = after;
    }
  });

  it('is told apart by what was asked, and by the way it was asked for', async () => {
    await using simulator = await startSmall();
    const { id } = newest(simulator);
    const path = `${firstPage(simulator).id}/conversations`;
    const single = await ask(simulator, id);
    const listed = await ask<{ data: readonly { id: string }[] }>(simulator, path);
    expect(Object.keys(single.json)).toContain('snippet');
    expect(Object.keys(must(listed.json.data[0], 'a conversation'))).toEqual(['id', 'updated_time']);
  });

  it('is not made again, until it is too much to be kept', () => {
    const view = { rules: {}, root: '', token: '', world: { now: () => 0 } } as unknown as View;
    let made = 0;
    const shape: Shape<Conversation> = ({ id }) => {
      made += 1;
      return { id };
    };
    const [one, other] = ['one', 'other'].map((id) => ({ id, revision: 0 }) as Conversation) as [
      Conversation,
      Conversation,
    ];
    const texts = createTexts(20);
    expect(texts.writer('id', shape, view)(one).bytes.toString()).toBe('{"id":"one"}');
    texts.writer('id', shape, view)(one);
    expect(made).toBe(1);
    one.revision += 1;
    texts.writer('id', shape, view)(one);
    expect(made).toBe(2);
    texts.writer('id', shape, view)(other);
    texts.writer('id', shape, view)(one);
    expect(made).toBe(4);
  });
});

it('what is written already stands in an answer as if it were written there', () => {
  const value = { data: [{ name: 'Đức/1' }, { name: 'é' }], none: undefined, empty: [], nothing: {} };
  const written = { ...value, data: value.data.map((item) => new Written(toFacebookJson(item))) };
  expect(toFacebookJson(written)).toBe(toFacebookJson(value));
  expect(JSON.parse(joinPieces(toFacebookPieces(written)))).toEqual({ data: value.data, empty: [], nothing: {} });
  expect(() => toFacebookJson([[[written.data[0]]]])).toThrow('too deep');
});
