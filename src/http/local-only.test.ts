import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';

async function statusOf(headers: Record<string, string>, url = '/api/pages') {
  const response = await createApp({ tidemark: createFakeTidemark() }).request(url, { headers });
  return response.status;
}

describe('local only', () => {
  it.each(['127.0.0.1:4680', 'localhost', 'LOCALHOST:3000', '[::1]:4680', '127.0.0.2', '127.1'])(
    'answers when called as %s',
    async (host) => {
      expect(await statusOf({ Host: host })).toBe(200);
    },
  );

  it.each([
    'example.com',
    'example.com:4680',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'notlocalhost',
    '192.168.1.20:4680',
    '0.0.0.0:4680',
    '[::2]',
    'localhost@example.com',
    'not a host',
    '',
  ])('refuses a request that names %j: the name may have been pointed here', async (host) => {
    expect(await statusOf({ Host: host })).toBe(403);
  });

  it('refuses an address that is not loopback even where no Host header comes along', async () => {
    expect(await statusOf({}, 'http://example.com/api/pages')).toBe(403);
  });

  it('refuses a foreign Host although the server made up a local address', async () => {
    expect(await statusOf({ Host: 'example.com' }, 'http://localhost:3000/api/pages')).toBe(403);
  });

  it.each(['https://example.com', 'null', 'http://localhost.example.com', 'file://', 'chrome-extension://localhost'])(
    'refuses what a page of %s asks for',
    async (origin) => {
      expect(await statusOf({ Origin: origin })).toBe(403);
    },
  );

  it.each(['http://localhost:3000', 'http://127.0.0.1:4680', 'http://[::1]:5173', 'https://localhost'])(
    'answers a page of %s',
    async (origin) => {
      expect(await statusOf({ Origin: origin, 'Sec-Fetch-Site': 'same-site' })).toBe(200);
    },
  );

  it('refuses what the browser calls cross-site, whatever else it says', async () => {
    for (const site of ['cross-site', 'CROSS-SITE', ' Cross-Site', 'none, cross-site']) {
      expect(await statusOf({ 'Sec-Fetch-Site': site }), site).toBe(403);
    }
    expect(await statusOf({ 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost' })).toBe(403);
  });

  it.each(['same-origin', 'same-site', 'none'])('answers what the browser calls %s', async (site) => {
    expect(await statusOf({ 'Sec-Fetch-Site': site })).toBe(200);
  });

  it('refuses before anything is done, with a sentence and a code', async () => {
    const tidemark = createFakeTidemark();
    const response = await createApp({ tidemark }).request('/api/conversations/sync-all', {
      method: 'POST',
      headers: { Origin: 'https://example.com' },
    });

    expect(await response.json()).toEqual({
      success: false,
      error: expect.stringContaining('another website'),
      code: 'REQUEST_NOT_LOCAL',
    });
    expect(tidemark.asked).toEqual([]);
  });
});
