/** Connections to the database that go dead without a word: whoever waits for them is told in time, and others go on. */
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { EngineEvent } from '../../src/core/events.ts';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { startServer as startHttp } from '../../src/http/server.ts';
import { must } from '../../src/lib/must.ts';
import { connect } from '../../src/store/connect.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';
import { openWorld } from '../support/world.ts';

// Silence is a matter of the network, whatever the server behind it.
const version = 17;

describe('connections that go dead', () => {
  const simulator = { pages: 1, conversations: 300, latency: { baseMs: 30 } };
  const open = async () => {
    const proxy = await startSilentProxy(inject('postgresUrls')[version]);
    let onEvent = (_event: EngineEvent) => {};
    const world = await openWorld({
      version,
      simulator,
      through: proxy.through,
      onEvent: (event) => onEvent(event),
    });
    return {
      proxy,
      world,
      facebookPageId: must(world.pageIds[0], 'a Page'),
      onceSilentAt(type: EngineEvent['type'], act: () => void) {
        onEvent = (event) => {
          if (event.type !== type) return;
          onEvent = () => {};
          act();
        };
      },
    };
  };

  it('fail a statement in seconds, and the next one finds another', async () => {
    await using proxy = await startSilentProxy(inject('postgresUrls')[version]);
    const database = connect({
      connectionString: proxy.through(inject('postgresUrls')[version]),
      statementTimeoutMs: 1000,
    });
    onTestFinished(() => database.close(0));
    await Promise.all(Array.from({ length: 6 }, () => database.query('SELECT pg_sleep(0.2)')));
    proxy.silence();
    const startedAt = performance.now();
    await expect(database.query('SELECT 1 AS one')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryAfterMs: 5000,
    });
    // The others of its age are not tried one after another.
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('that lay idle are found out before anything is sent, and nobody notices', async () => {
    await using proxy = await startSilentProxy(inject('postgresUrls')[version]);
    const database = connect({ connectionString: proxy.through(inject('postgresUrls')[version]) });
    onTestFinished(() => database.close(0));
    await database.query('SELECT 1');
    proxy.silence();
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('under a running sync end it in time, and the next one takes over', { timeout: 120_000 }, async () => {
    const { proxy, world, facebookPageId, onceSilentAt } = await open();
    await using _ = {
      [Symbol.asyncDispose]: async () => (await world[Symbol.asyncDispose](), proxy[Symbol.asyncDispose]()),
    };
    const silencedAt = Promise.withResolvers<number>();
    onceSilentAt('batch-committed', () => {
      proxy.silence();
      silencedAt.resolve(performance.now());
    });
    const outcome = await world.tidemark.sync({ facebookPageId }).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
    if (typeof outcome !== 'string') expect(outcome).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(performance.now() - (await silencedAt.promise)).toBeLessThan(30_000);
    expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
    expect(performance.now() - (await silencedAt.promise)).toBeLessThan(60_000);
    expect(await world.differences()).toEqual([]);
  });

  it('keep neither a cancel nor the end of the process', { timeout: 120_000 }, async () => {
    const { proxy, world, facebookPageId, onceSilentAt } = await open();
    await using _ = {
      [Symbol.asyncDispose]: async () => (await world[Symbol.asyncDispose](), proxy[Symbol.asyncDispose]()),
    };
    const tidemark = await createTidemark({ ...world.settings, databaseUrl: proxy.through(world.databaseUrl) });
    onTestFinished(() => tidemark.close());
    onceSilentAt('batch-committed', () => proxy.silence());
    const sync = world.tidemark.sync({ facebookPageId }).catch((error: unknown) => error);
    const begun = () => world.events.some(({ type }) => type === 'batch-committed');
    await expect.poll(begun, { timeout: 30_000, interval: 20 }).toBe(true);
    const [run] = await tidemark.runs.list({}).catch(() => tidemark.runs.list({}));
    const cancelledAt = performance.now();
    await world.tidemark.runs.cancel(must(run, 'it runs').id).catch(() => {});
    expect(performance.now() - cancelledAt).toBeLessThan(7000);

    proxy.silenceAll(true);
    const closedAt = performance.now();
    await world.tidemark.close();
    await sync;
    expect(performance.now() - closedAt).toBeLessThan(16_000);
    proxy.silenceAll(false);
  });

  it('are told by readyz within seconds, while the process lives', async () => {
    await using proxy = await startSilentProxy(inject('postgresUrls')[version]);
    await using world = await openWorld({ version, simulator: { conversations: 1 }, through: proxy.through });
    const http = await startHttp({ tidemark: world.tidemark, host: '127.0.0.1', port: 0 });
    onTestFinished(() => http.close());
    expect((await fetch(`${http.url}/readyz`)).status).toBe(200);
    proxy.silenceAll(true);
    const askedAt = performance.now();
    const answer = await fetch(`${http.url}/readyz`);
    expect(performance.now() - askedAt).toBeLessThan(5000);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ status: 'unavailable', code: 'DATABASE_UNAVAILABLE' });
    expect((await fetch(`${http.url}/healthz`)).status).toBe(200);
    proxy.silenceAll(false);
    const ready = async () => (await fetch(`${http.url}/readyz`)).status;
    await expect.poll(ready, { timeout: 20_000, interval: 500 }).toBe(200);
  });
});
