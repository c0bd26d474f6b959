/** A database that goes away: said as such, with when to come back, and never with its password. */
import { expect, it } from 'vitest';
import { createTidemark } from '../../src/engine.ts';
import { startServer as startHttp } from '../../src/http/server.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { startServer as startPostgres } from '../support/postgres-servers.ts';
import { testSettings } from '../support/world.ts';

it('answers 503 with Retry-After while the database is away, and the process lives on', async () => {
  const postgres = await startPostgres(17);
  const simulator = await startSimulator({ pages: 1, conversations: 20 });
  const tidemark = await createTidemark(testSettings(postgres.url, simulator.url));
  const http = await startHttp({ tidemark, host: '127.0.0.1', port: 0 });
  const sync = () =>
    fetch(`${http.url}/api/conversations/sync`, {
      method: 'POST',
      body: JSON.stringify({ facebookPageId: simulator.world.pages[0]?.id }),
    });
  try {
    await tidemark.pages.connect(new Secret(simulator.world.tokens.user));
    expect((await sync()).status).toBe(200);
    expect((await fetch(`${http.url}/readyz`)).status).toBe(200);

    await postgres.stop();
    for (let attempt = 0; attempt < 2; attempt++) {
      const away = await sync();
      expect(away.status).toBe(503);
      expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
      const text = await away.text();
      expect(JSON.parse(text)).toMatchObject({ success: false, code: 'DATABASE_UNAVAILABLE' });
      expect(text).not.toContain(new URL(postgres.url).password || 'no password');
    }
    expect((await fetch(`${http.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${http.url}/healthz`)).status).toBe(200);
  } finally {
    await http.close();
    await tidemark.close();
    await simulator.close();
  }
});

it('is told to who starts without it', async () => {
  const settings = testSettings('postgres://tidemark:very-secret@127.0.0.1:1/none', 'http://127.0.0.1:1');
  const failure = await createTidemark(settings).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect(String(failure)).not.toContain('very-secret');
});
