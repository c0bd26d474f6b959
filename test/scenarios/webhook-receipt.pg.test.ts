/** A delivery is stored before it is answered, and nothing that is signed is refused for what it says. */
import { createHmac } from 'node:crypto';
import pg from 'pg';
import { expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { Secret } from '../../src/lib/secret.ts';
import { describeEachPostgres } from '../support/postgres.ts';
import { openWorld, type WorldOptions } from '../support/world.ts';

const sign = (body: string | Uint8Array, secret: string) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describeEachPostgres('a delivery', (version) => {
  async function open(options: Partial<WorldOptions> = {}) {
    const world = await openWorld({
      version,
      simulator: { conversations: 1 },
      connect: false,
      settings: { appSecret: new Secret('the-new,the-old'), webhookVerifyToken: new Secret('the word') },
      ...options,
    });
    const app = createApp({ tidemark: world.tidemark });
    return {
      ...world,
      async deliver(body: string | Uint8Array<ArrayBuffer>, signature = sign(body, 'the-new')) {
        const headers = { 'X-Hub-Signature-256': signature };
        const url = 'http://mirror.example.com/api/webhooks/meta';
        return (await app.fetch(new Request(url, { method: 'POST', headers, body }))).status;
      },
      async stored() {
        const client = new pg.Client({ connectionString: world.databaseUrl });
        await client.connect();
        const { rows } = await client.query<{ body: string; deliveries: number }>(
          'SELECT body, deliveries FROM facebook_webhook_events ORDER BY received_at',
        );
        await client.end();
        return rows;
      },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  }

  it('is stored as it came, once, with any of the secrets', async () => {
    await using world = await open();
    const body = String.raw`{"object":"page","entry":[{"id":"1","text":"\u00e4 \/"}]}`;

    expect(await world.deliver(body)).toBe(200);
    expect(await world.deliver(body, sign(body, 'the-old'))).toBe(200);
    expect(await world.deliver(body, sign(body, 'another'))).toBe(401);
    expect(await world.deliver(body, sign(JSON.stringify(JSON.parse(body)), 'the-new'))).toBe(401);
    expect(await world.stored()).toEqual([{ body, deliveries: 2 }]);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['JSON of something else', '[null]'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x7b])],
  ])('that holds %s is kept, and not refused', async (_name, body) => {
    await using world = await open();

    expect(await world.deliver(body)).toBe(200);
    expect(await world.stored()).toHaveLength(1);
  });

  it('of a thousand updates is taken whole', async () => {
    await using world = await open();
    const messaging = Array.from({ length: 1000 }, (_, index) => ({
      message: { mid: `m_${index}`, text: 'x'.repeat(3000) },
    }));
    const body = JSON.stringify({ object: 'page', entry: [{ id: '1', time: 1, messaging }] });

    expect(await world.deliver(body)).toBe(200);
    expect(await world.stored()).toEqual([{ body, deliveries: 1 }]);
  });

  it('cannot be believed without a secret, which is no fault of who delivers', async () => {
    await using world = await open({ settings: {} });

    expect(await world.deliver('{}')).toBe(500);
  });
});
