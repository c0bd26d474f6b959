/** The stream of a sync, read as published clients read it: chunk by chunk, each parsed from its seventh character on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import { must } from '../../src/lib/must.ts';
import { startGzipProxy } from '../support/gzip-proxy.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

let world: TestWorld;
let server: RunningServer;

beforeEach(async () => {
  world = await openWorld({ version: 17, simulator: { conversations: 700 } });
  server = await startServer({ tidemark: world.tidemark, host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  await server.close();
  await world[Symbol.asyncDispose]();
});

async function request(body: object, url = server.url): Promise<Response> {
  return fetch(`${url}/api/conversations/sync-stream`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function readAll(response: Response): Promise<Record<string, unknown>[]> {
  const reader = must(response.body, 'a stream').getReader();
  const decoder = new TextDecoder();
  const events: Record<string, unknown>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return events;
    const text = decoder.decode(value);
    expect(text).toMatch(/^data: \{.*\}\n\n$/);
    events.push(JSON.parse(text.slice(6)) as Record<string, unknown>);
  }
}

describe('sync-stream', () => {
  it('starts, tells of its progress and ends with the whole answer, in full and in incremental mode', async () => {
    const facebookPageId = must(world.pageIds[0], 'a Page');
    for (const syncMode of ['full', 'incremental']) {
      const response = await request({ facebookPageId });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const events = await readAll(response);
      const last = must(events.at(-1), 'events');
      expect(events[0]).toEqual({ status: 'starting', syncMode, runId: last['runId'] });
      expect(events.every((event) => event['syncMode'] === syncMode)).toBe(true);
      const between = events.slice(1, -1);
      if (syncMode === 'full') expect(between.length).toBeGreaterThan(0);
      for (const event of between) expect(event).toMatchObject({ status: 'syncing', checked: expect.any(Number) });
      for (const { checked, total } of between) expect([null, checked]).toContain(total);
      expect(last).toMatchObject({ status: 'complete', success: true, facebookPageId, pageName: 'Page 1' });
      expect(last).toMatchObject(syncMode === 'full' ? { synced: 700, total: 700 } : { synced: 0 });
      const synced = events.slice(1).map((event) => Number(event['synced']));
      expect(synced).toEqual(synced.toSorted((a, b) => a - b));
    }
  });

  it('arrives event by event through a proxy that packs what it may, ten times of ten', async () => {
    await using proxy = await startGzipProxy(server.url);
    for (let streams = 0; streams < 10; streams++) {
      const events = await readAll(
        await request({ facebookPageId: world.pageIds[0], forceFull: streams % 2 === 0 }, proxy.url),
      );
      expect(events.map(({ status }) => status).filter((status) => status !== 'syncing')).toEqual([
        'starting',
        'complete',
      ]);
    }
    const packed = await fetch(`${proxy.url}/api/pages`);
    expect(packed.headers.get('content-encoding'), 'it does pack').toBe('gzip');
  });

  it('ends with `partial` when its time is up', async () => {
    const events = await readAll(await request({ facebookPageId: world.pageIds[0], maxDurationMs: 1 }));
    expect(events.at(-1)).toMatchObject({ status: 'partial', success: true, lastSyncedAt: null });
  });

  it('ends with `error` and the reason when the run fails', async () => {
    world.simulator.world.killToken(must(world.pageIds[0], 'a Page'));
    const events = await readAll(await request({ facebookPageId: world.pageIds[0] }));
    expect(events.at(-1)).toMatchObject({ status: 'error', success: false, code: 'TOKEN_EXPIRED', syncMode: 'full' });
  });

  it('answers a wrong request by its status, before anything starts', async () => {
    expect((await request({})).status).toBe(400);
    expect((await request({ facebookPageId: 'nobody' })).status).toBe(404);
  });

  it('goes on when its client goes away', async () => {
    const gone = new AbortController();
    const response = await fetch(`${server.url}/api/conversations/sync-stream`, {
      method: 'POST',
      body: JSON.stringify({ facebookPageId: world.pageIds[0] }),
      signal: gone.signal,
    });
    await must(response.body, 'a stream').getReader().read();
    gone.abort();
    await expect
      .poll(async () => (await world.tidemark.runs.list({}))[0]?.status, { timeout: 20_000 })
      .toBe('succeeded');
    expect(await world.differences()).toEqual([]);
  });

  it('joins the run of another process and still starts before it ends', async () => {
    world.simulator.rules.latency = { ...world.simulator.rules.latency, baseMs: 150 };
    await using other = await createTidemark(world.settings);
    const running = other.sync({ facebookPageId: world.pageIds[0] });
    await expect.poll(async () => (await other.runs.list({})).length, { timeout: 10_000 }).toBe(1);
    const events = await readAll(await request({ facebookPageId: world.pageIds[0] }));
    const { runId } = await running;
    expect(events).toMatchObject([
      { status: 'starting', syncMode: 'full', runId },
      { status: 'complete', syncMode: 'full', runId, synced: 700 },
    ]);
  });
});
