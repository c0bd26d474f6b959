/**
 * The program as its users meet it: the API over HTTP with a real engine behind it, the log lines they look for, the
 * database they look into, and an answer they can act on for everything that goes wrong.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import { must } from '../../src/lib/must.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { logSyncEvents } from '../../src/telemetry/log-sync-events.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

let world: TestWorld;
let server: RunningServer;
let logged = '';

beforeAll(async () => {
  const log = createLog({ logLevel: 'info', logFormat: 'text' }, { write: (line) => (logged += line) });
  world = await openWorld({ version: 15, simulator: { pages: 2, conversations: 130 }, onEvent: logSyncEvents(log) });
  server = await startServer({ tidemark: world.tidemark, host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await server.close();
  await world[Symbol.asyncDispose]();
});

async function sql(statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: world.databaseUrl });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

async function post(path: string, body: string): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

const sync = (body: object) => post('/api/conversations/sync', JSON.stringify(body));

describe('a single sync', () => {
  it('is full, then incremental, and says so in the answer and in the log', async () => {
    const [facebookPageId = ''] = world.pageIds;
    const { id: pageId } = await world.tidemark.pages.find({ facebookPageId });

    const first = await sync({ pageId, facebookPageId });
    expect(first).toMatchObject({
      status: 200,
      answer: {
        success: true,
        syncMode: 'full',
        status: 'succeeded',
        synced: 130,
        inserted: 130,
        updated: 0,
        total: 130,
        deleted: 0,
        pageId,
        facebookPageId,
        pageName: 'Page 1',
      },
    });
    const events = Number(first.answer['eventsCreated']);
    expect(first.answer['message']).toBe(`Full sync: 130 conversation(s) with ${events} events`);
    expect(first.answer['duration']).toMatch(/^\d+\.\d\ds$/);
    expect(logged).toContain(`[Sync Conversations] Starting full sync for page: ${facebookPageId}`);
    expect(logged).toContain('[Sync Conversations] Fetching batch...');
    expect(logged).toContain('[Sync Conversations] Processing batch of 100 conversations');

    const quiet = await sync({ facebookPageId });
    expect(quiet.answer).toMatchObject({
      syncMode: 'incremental',
      synced: 0,
      message: 'Incremental sync: 0 conversations',
      lastSyncedAt: (await world.tidemark.pages.find({ facebookPageId })).lastSyncedAt,
    });
    expect(quiet.answer['lastSyncedAt']).not.toBe(first.answer['lastSyncedAt']);

    world.simulator.world.activity({ pageId: facebookPageId, newMessages: 2, newConversations: 3 });
    logged = '';
    const second = await sync({ pageId });
    expect(second.answer).toMatchObject({
      syncMode: 'incremental',
      synced: 5,
      inserted: 3,
      updated: 2,
      eventsCreated: 5,
      message: 'Incremental sync: 5 conversation(s) with 5 events',
    });
    expect(logged).toContain(`[Sync Conversations] Starting incremental sync for page: ${facebookPageId}`);
    expect(logged).toMatch(
      /\[Sync Conversations\] Only fetching conversations updated since: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/,
    );
    expect(logged).toContain('[Sync Conversations] Processing batch of 5 conversations');
    expect(await world.differences(facebookPageId)).toEqual([]);
  });

  it('is full again after last_synced_at was cleared, by any client', async () => {
    const facebookPageId = must(world.pageIds[0], 'a Page');
    await sync({ facebookPageId });
    await sql(`UPDATE facebook_pages SET last_synced_at = NULL WHERE facebook_page_id = '${facebookPageId}'`);
    expect((await sync({ facebookPageId })).answer).toMatchObject({ syncMode: 'full', skipped: 133, synced: 0 });
    expect((await sync({ facebookPageId })).answer).toMatchObject({ syncMode: 'incremental' });
  });

  it('accounts for every conversation it has looked at, also when all of them are collected again', async () => {
    const facebookPageId = must(world.pageIds[0], 'a Page');
    await sync({ facebookPageId, forceFull: true });
    const { answer } = await sync({ facebookPageId, forceFull: true });
    expect(answer).toMatchObject({ synced: 0, skipped: 133, checked: 133, total: 133 });
    expect(answer['message']).toBe('Full sync: 133 conversations, nothing changed');
    world.simulator.world.activity({ pageId: facebookPageId, newMessages: 7, newConversations: 0 });
    const forced = await sync({ facebookPageId, forceFull: true });
    expect(forced.answer).toMatchObject({ synced: 7, skipped: 126, checked: 133, total: 133 });
  });

  it('of all Pages answers a row for each, and sums', async () => {
    const { answer } = await post('/api/conversations/sync-all', '');
    expect(answer).toMatchObject({
      success: true,
      totalPages: 2,
      results: [{ pageName: 'Page 1' }, { pageName: 'Page 2', syncMode: 'full', synced: 130 }],
      totals: { totalSynced: 130, successCount: 2, failureCount: 0 },
    });
  });
});

describe('reading the mirror', () => {
  it('gives conversations and messages newest first, page by page, all of them once', async () => {
    const { id } = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
    const seen: { id: string; updatedTime: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = `pageId=${id}&limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const answer = await (await fetch(`${server.url}/api/conversations?${query}`)).json();
      const page = answer as { conversations: typeof seen; nextCursor: string | null };
      seen.push(...page.conversations);
      cursor = page.nextCursor;
    }
    expect(new Set(seen.map((conversation) => conversation.id)).size).toBe(133);
    expect(seen).toHaveLength(133);
    const times = seen.map((conversation) => conversation.updatedTime);
    expect(times).toEqual(times.toSorted().toReversed());
  });
});

describe('what goes wrong', () => {
  it('in a request is answered with what to do about it', async () => {
    const [one = '', two = ''] = world.pageIds;
    const { id } = await world.tidemark.pages.find({ facebookPageId: one });
    const nobody = '00000000-0000-4000-8000-000000000000';
    expect(await sync({})).toMatchObject({ status: 400, answer: { success: false, error: 'Page ID required' } });
    expect(await sync({ pageId: nobody })).toMatchObject({ status: 404, answer: { code: 'PAGE_NOT_FOUND' } });
    expect(await sync({ pageId: 'no-uuid' })).toMatchObject({ status: 404, answer: { code: 'PAGE_NOT_FOUND' } });
    expect(await sync({ facebookPageId: '404' })).toMatchObject({ status: 404, answer: { code: 'PAGE_NOT_FOUND' } });
    expect(await sync({ pageId: id, facebookPageId: two })).toMatchObject({
      status: 400,
      answer: { code: 'PAGE_IDS_DISAGREE', error: expect.stringContaining(two) as string },
    });
    expect(await post('/api/conversations/sync', '{"pageId":')).toMatchObject({
      status: 400,
      answer: { code: 'INVALID_JSON' },
    });
    expect(await sync({ pageId: id, maxDurationMs: 'soon' })).toMatchObject({
      status: 400,
      answer: { code: 'INVALID_INPUT', error: expect.stringContaining('maxDurationMs') as string },
    });
  });

  it('with a token is answered with 502 and the reason, and a token never comes out', async () => {
    const dead = must(world.pageIds[1], 'two Pages');
    const token = must(world.simulator.world.pages[1], 'two Pages').token;
    world.simulator.world.killToken(dead, 463);
    const { status, answer } = await sync({ facebookPageId: dead });
    expect(status).toBe(502);
    expect(answer).toMatchObject({
      success: false,
      code: 'TOKEN_EXPIRED',
      error: expect.stringContaining(dead) as string,
    });

    const refused = await post('/api/pages', JSON.stringify({ accessToken: token }));
    expect(refused).toMatchObject({ status: 400, answer: { code: 'TOKEN_INVALID' } });

    const fresh = world.simulator.world.renewToken(dead);
    const connected = await post('/api/pages', JSON.stringify({ accessToken: fresh }));
    expect(connected).toMatchObject({
      status: 200,
      answer: { pages: [{ facebookPageId: dead, name: 'Page 2', status: 'connected' }], refused: [] },
    });
    const listed = await (await fetch(`${server.url}/api/pages`)).text();
    const everything = JSON.stringify([answer, refused, connected]) + listed + logged;
    for (const secret of [token, fresh, world.simulator.world.tokens.user]) expect(everything).not.toContain(secret);
    const stored = JSON.stringify((await sql('SELECT * FROM facebook_pages')).rows);
    expect(stored).not.toContain(fresh);
  });
});
