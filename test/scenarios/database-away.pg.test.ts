/** A database that goes away: said as such, with when to come back, and never with its password. */
import { expect, it } from 'vitest';
import type { SyncEvent } from '../../src/core/events.ts';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { startServer as startHttp } from '../../src/http/server.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startSimulator } from '../../simulator/server.ts';
import { openEye } from '../support/client.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { startServer as startPostgres } from '../support/postgres-servers.ts';
import { findBrokenPromises } from '../support/promises.ts';
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

for (const mode of ['fast', 'immediate'] as const) {
  it(
    `that is stopped (${mode}) and started in the middle of runs loses nothing, and the process lives on`,
    { timeout: 120_000 },
    async () => {
      const postgres = await startPostgres(17);
      const simulator = await startSimulator({
        pages: 1,
        callsPerSecond: 0,
        conversations: 350,
        messagesPerConversation: { min: 1, max: 40, mean: 8 },
        latency: { baseMs: 15 },
      });
      {
        // The test servers are throw-away and may forget what they have committed; this one must not.
        await using owner = await openEye(postgres.url);
        await owner.client.query(`ALTER ROLE CURRENT_USER SET synchronous_commit = 'on'`);
      }
      let restarting: Promise<void> | undefined;
      let deadly: SyncEvent['type'] | undefined;
      const tidemark = await createTidemark(testSettings(postgres.url, simulator.url), {
        onEvent: ({ type }) => {
          if (type === deadly) restarting ??= postgres.restart(mode);
        },
      });
      const facebookPageId = must(simulator.world.pages[0], 'a Page').id;
      try {
        await tidemark.pages.connect(new Secret(simulator.world.tokens.user));
        for (deadly of ['run-started', 'batch-processing', 'batch-committed', 'history-committed'] as const) {
          restarting = undefined;
          simulator.world.activity({ pageId: facebookPageId, newMessages: 150 });
          simulator.world.newConversation(facebookPageId, { messages: Array.from({ length: 250 }, () => ({})) });
          const outcome = await tidemark.sync({ facebookPageId }).then(
            ({ status }) => status,
            (error: unknown) => error,
          );
          if (typeof outcome !== 'string') expect(outcome).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
          if (deadly === 'history-committed') {
            const { results } = await tidemark.collectHistory({});
            for (const { code } of results) expect([undefined, 'DATABASE_UNAVAILABLE']).toContain(code);
          }
          expect(restarting, deadly).toBeDefined();
          await restarting;
          // Connections of before are gone; so is the lease, within its 20 s.
          await using eye = await openEye(postgres.url);
          await eye.client.query(
            `UPDATE facebook_sync_state SET last_caller = NULL, lease_expires_at = now() - interval '1 hour'
           WHERE lease_run_id IS NOT NULL`,
          );
          expect(await findBrokenPromises(eye.client, simulator.world.truth(facebookPageId))).toEqual([]);
          deadly = undefined;
          expect(await tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
          await tidemark.collectHistory({});
          expect(await compareMirror(postgres.url, simulator.world.truth(facebookPageId))).toEqual([]);
        }
      } finally {
        await tidemark.close();
        await simulator.close();
        await postgres.stop();
      }
    },
  );
}

it('is told to who starts without it', async () => {
  const settings = testSettings('postgres://tidemark:very-secret@127.0.0.1:1/none', 'http://127.0.0.1:1');
  const failure = await createTidemark(settings).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect(String(failure)).not.toContain('very-secret');
});
