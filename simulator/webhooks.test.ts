import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, conversationAt, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { AddressInfo } from 'node:net';
import type { Simulator } from './server.ts';
import type { WebhookSettings } from './webhooks.ts';

interface Received {
  readonly signature: string;
  readonly body: string;
}

interface Envelope {
  readonly object: string;
  readonly entry: readonly { readonly id: string; readonly time: number; readonly messaging: readonly object[] }[];
}

/** An app that answers with the given statuses in turn, then with 200. */
const startApp = async (statuses: number[] = []): Promise<{ url: string; received: Received[] } & AsyncDisposable> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('latin1');
      received.push({ signature: String(request.headers['x-hub-signature-256']), body });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
};

const tell = (simulator: Simulator, settings: WebhookSettings): void =>
  simulator.webhooks.configure({ onlySubscribed: false, ...settings });

const envelopes = (received: readonly Received[]): Envelope[] =>
  received.map(({ body }) => JSON.parse(body) as Envelope);

const mids = (received: readonly Received[]): unknown[] =>
  envelopes(received).flatMap(({ entry }) =>
    entry.flatMap(({ messaging }) => messaging.map((event) => (event as { message: { mid: string } }).message.mid)),
  );

describe('webhooks', () => {
  it('tell a message in the recorded envelope, escaped, signed over the exact bytes', async () => {
    await using app = await startApp();
    await using simulator = await startSmall();
    tell(simulator, { url: app.url });
    const { id: pageId } = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const { messageId, createdAt } = simulator.world.newMessage(pageId, id, { text: 'äöå / 😊' });
    await simulator.webhooks.flush();
    const { signature, body } = must(app.received[0], 'a delivery');
    expect(body).toContain(String.raw`"text":"\u00e4\u00f6\u00e5 \/ \ud83d\ude0a"`);
    const expected = createHmac('sha256', simulator.world.settings.appSecret).update(body, 'latin1').digest('hex');
    expect(signature).toBe(`sha256=${expected}`);
    const customerId = must(simulator.world.findConversation(id), 'known').customer.id;
    expect(JSON.parse(body)).toEqual({
      object: 'page',
      entry: [
        {
          id: pageId,
          time: expect.any(Number),
          messaging: [
            {
              sender: { id: customerId },
              recipient: { id: pageId },
              timestamp: createdAt,
              message: { mid: messageId, text: 'äöå / 😊' },
            },
          ],
        },
      ],
    });
  });

  it('tell echoes, edits, reactions, unsends, reads and deliveries', async () => {
    await using app = await startApp();
    await using simulator = await startSmall();
    tell(simulator, { url: app.url });
    const { id: pageId } = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const { world } = simulator;
    const { messageId: mid } = world.newMessage(pageId, id, { from: 'page', text: 'Hello' });
    world.customerReceives(id);
    world.customerReads(id);
    world.editMessage(mid, 'Hello!');
    world.react(mid, 'love');
    world.react(mid, undefined);
    world.deleteMessage(mid);
    await simulator.webhooks.flush();
    const events = envelopes(app.received).map(({ entry }) => entry[0]?.messaging[0]);
    expect(events).toMatchObject([
      { sender: { id: pageId }, message: { mid, is_echo: true, app_id: 263902037430900 } },
      { recipient: { id: pageId }, delivery: { mids: [mid], watermark: expect.any(Number) } },
      { recipient: { id: pageId }, read: { watermark: expect.any(Number) } },
      { message_edit: { mid, text: 'Hello!', num_edit: 1 } },
      { reaction: { mid, action: 'react', reaction: 'love' } },
      { reaction: { mid, action: 'unreact' } },
      { message: { mid, is_deleted: true } },
    ]);
  });

  it('tell Instagram under its own object and account', async () => {
    await using app = await startApp();
    await using simulator = await startSmall({ conversations: 0, instagramConversations: 1 });
    tell(simulator, { url: app.url });
    const page = firstPage(simulator);
    simulator.world.activity({ pageId: page.id, platform: 'instagram', newMessages: 1 });
    await simulator.webhooks.flush();
    expect(envelopes(app.received)).toMatchObject([{ object: 'instagram', entry: [{ id: page.instagram?.id }] }]);
  });

  it('tell on Instagram what it has, in its own words', async () => {
    await using app = await startApp();
    await using simulator = await startSmall({ conversations: 0, instagramConversations: 1 });
    tell(simulator, { url: app.url });
    const { world } = simulator;
    const { id: pageId, conversations } = firstPage(simulator);
    const { id } = must(conversations[0], 'a conversation');
    const { messageId: mid } = world.newMessage(pageId, id, { from: 'page', text: 'Hello' });
    world.customerReceives(id);
    world.customerReads(id);
    world.editMessage(mid, 'Hello!');
    world.newMessage(pageId, id, { story: 'reply', text: 'Nice' });
    world.newMessage(pageId, id, { story: 'mention' });
    world.newMessage(pageId, id, { share: true });
    world.newMessage(pageId, id, { unsupported: true });
    world.deleteMessage(mid);
    await simulator.webhooks.flush();
    expect(envelopes(app.received).map(({ object }) => object)).toEqual(Array.from({ length: 7 }, () => 'instagram'));
    const events = envelopes(app.received).map(({ entry }) => entry[0]?.messaging[0]);
    const url = expect.stringMatching(/^https:/);
    expect(events).toMatchObject([
      { message: { mid, text: 'Hello', is_echo: true } },
      { read: { mid } },
      { message: { text: 'Nice', reply_to: { story: { url, id: expect.any(String) } } } },
      { message: { attachments: [{ type: 'story_mention', payload: { url } }] } },
      { message: { attachments: [{ type: 'share', payload: { url } }] } },
      { message: { is_unsupported: true } },
      { message: { mid, is_deleted: true } },
    ]);
  });

  it('tell only what the Page is subscribed to', async () => {
    await using app = await startApp();
    await using simulator = await startSmall();
    simulator.webhooks.configure({ url: app.url });
    const { id: pageId } = firstPage(simulator);
    simulator.world.newMessage(pageId);
    const parameters = { subscribed_fields: 'messages' };
    await ask(simulator, `${pageId}/subscribed_apps`, { method: 'POST', parameters });
    const { messageId } = simulator.world.newMessage(pageId);
    simulator.world.newMessage(pageId, undefined, { from: 'page' });
    await simulator.webhooks.flush();
    expect(mids(app.received)).toEqual([messageId]);
  });

  it('try again after a failure and give up in the end', async () => {
    await using app = await startApp([500, 503, 500, 500, 500]);
    await using simulator = await startSmall();
    tell(simulator, { url: app.url, retries: 2 });
    simulator.world.newMessage(firstPage(simulator).id);
    await simulator.webhooks.flush();
    expect(app.received).toHaveLength(3);
    expect(new Set(app.received.map(({ body }) => body)).size).toBe(1);
    expect(simulator.webhooks.deliveries).toMatchObject([{ status: 500, tries: 3 }]);
  });

  it('can come twice, in another order, and several in one delivery', async () => {
    await using app = await startApp();
    await using simulator = await startSmall();
    tell(simulator, { url: app.url, lateMs: 60_000, reorder: true, duplicates: 1, batchSize: 8 });
    const { id: pageId } = firstPage(simulator);
    const happened = Array.from({ length: 10 }, () => simulator.world.newMessage(pageId).messageId);
    await simulator.webhooks.flush();
    expect(app.received).toHaveLength(3);
    const told = mids(app.received);
    expect(told).toHaveLength(20);
    expect(new Set(told)).toEqual(new Set(happened));
    expect([...new Set(told)]).not.toEqual(happened);
  });

  it('come late when told to', async () => {
    await using app = await startApp();
    await using simulator = await startSmall();
    tell(simulator, { url: app.url, lateMs: 100 });
    const startMs = performance.now();
    simulator.world.newMessage(firstPage(simulator).id);
    await expect.poll(() => app.received.length).toBe(1);
    expect(performance.now() - startMs).toBeGreaterThan(95);
  });

  it('count nobody at home as status 0', async () => {
    await using simulator = await startSmall();
    tell(simulator, { url: 'http://127.0.0.1:9/', retries: 0 });
    simulator.world.newMessage(firstPage(simulator).id);
    await simulator.webhooks.flush();
    expect(simulator.webhooks.deliveries).toMatchObject([{ status: 0, tries: 1 }]);
  });

  it('lose what they are told to lose, tell the rest in pieces, and some of it as standby', async () => {
    await using app = await startApp();
    await using simulator = await startSmall();
    const lost: unknown[] = [];
    tell(simulator, { url: app.url, losses: 0.3, standby: 0.5, lateMs: 1e9, onLoss: (event) => lost.push(event) });
    const { id: pageId } = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    for (let sent = 0; sent < 60; sent += 1) simulator.world.newMessage(pageId, id, { text: `Text ${sent}` });

    await simulator.webhooks.flush(0.5);
    const first = app.received.length;
    await simulator.webhooks.flush();

    expect(app.received.length).toBe(60 - lost.length);
    expect(lost.length).toBeGreaterThan(5);
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(app.received.length);
    const standby = app.received.filter(({ body }) => body.includes('"standby"'));
    expect(standby.length).toBeGreaterThan(5);
    expect(standby.length).toBeLessThan(app.received.length);
  });
});
