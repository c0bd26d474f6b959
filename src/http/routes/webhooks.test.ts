import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';
import { TidemarkError } from '../../core/errors.ts';
import { createApp } from '../app.ts';

const SIGNATURE = `sha256=${createHmac('sha256', 'secret').update('whatever').digest('hex')}`;
const URL = 'http://mirror.example.com/api/webhooks/meta';

const SIGNED = { 'X-Hub-Signature-256': SIGNATURE };

function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = SIGNED): Request {
  return new Request(URL, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
}

function open(overrides: Parameters<typeof createFakeTidemark>[0] = {}) {
  const tidemark = createFakeTidemark(overrides);
  const app = createApp({ tidemark });
  return { tidemark, ask: async (request: Request) => app.fetch(request) };
}

describe('the handshake', () => {
  const query = (token: string) => `hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`;

  it('answers the challenge as plain text, to a caller from outside', async () => {
    const response = await open().ask(new Request(`${URL}?${query('the%20word')}`));

    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toContain('text/plain');
    expect(await response.text()).toBe('1158201444');
  });

  it('refuses another word', async () => {
    const response = await open().ask(new Request(`${URL}?${query('guess')}`));

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ success: false, code: 'WEBHOOK_HANDSHAKE' });
  });
});

describe('a delivery', () => {
  it('is handed on as the bytes that came, whatever they are, and answered at once', async () => {
    const { tidemark, ask } = open();
    const bytes = Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0x20, 0x7d]);

    const response = await ask(post(bytes));

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('EVENT_RECEIVED');
    expect(tidemark.asked).toEqual([
      { method: 'webhooks.receive', given: { body: bytes.toString('latin1'), signature: SIGNATURE } },
    ]);
  });

  it('without a signature is refused before it is read', async () => {
    let isRead = false;
    const source = {
      pull(controller: ReadableStreamDefaultController) {
        isRead = true;
        controller.close();
      },
    };
    // Nothing is asked of it ahead of a reader.
    const body = new ReadableStream(source, { highWaterMark: 0 });
    const { tidemark, ask } = open();
    const request = new Request(URL, { method: 'POST', body, duplex: 'half' } as RequestInit);

    expect((await ask(request)).status).toBe(401);
    expect({ isRead, asked: tidemark.asked }).toEqual({ isRead: false, asked: [] });
  });

  it('of more than 10 MiB is refused without being held in memory', async () => {
    const { tidemark, ask } = open();
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const endless = new Request(URL, { method: 'POST', headers: SIGNED, body, duplex: 'half' } as RequestInit);

    expect((await ask(endless)).status).toBe(413);
    expect(pulled).toBeLessThan(15);
    expect((await ask(post('{}', { ...SIGNED, 'Content-Length': '10485761' }))).status).toBe(413);
    expect(tidemark.asked).toEqual([]);
  });

  it('is asked for again when the database is away', async () => {
    const receive = async () => {
      throw new TidemarkError('DATABASE_UNAVAILABLE', 'The database cannot be reached.');
    };
    const { webhooks } = createFakeTidemark();
    const response = await open({ webhooks: { ...webhooks, receive } }).ask(post('{}'));

    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).not.toBeNull();
  });

  it('opens no other door to callers from outside', async () => {
    const { ask } = open();
    const elsewhere = (path: string, method = 'GET') =>
      ask(new Request(`http://mirror.example.com${path}`, { method }));

    expect((await elsewhere('/api/pages')).status).toBe(403);
    expect((await elsewhere('/api/webhooks/meta', 'PUT')).status).toBe(403);
  });
});
