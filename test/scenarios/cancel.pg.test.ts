/** Runs that somebody cancels, over HTTP: here, in another process, and where nobody is any more. What is stored stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunAnswer } from '../../src/api/runs.ts';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { createApp } from '../../src/http/app.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { findWatermark } from '../support/promises.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const SCRIPT = new URL('../support/sync-process.ts', import.meta.url).pathname;

let world: TestWorld;
let app: ReturnType<typeof createApp>;
let facebookPageId: string;

beforeEach(async () => {
  world = await openWorld({ version: 17, simulator: { conversations: 700 } });
  app = createApp({ tidemark: world.tidemark });
  facebookPageId = must(world.pageIds[0], 'a Page');
});

afterEach(() => world[Symbol.asyncDispose]());

async function post(path: string, body: object = {}): Promise<{ readonly status: number; readonly body: Answer }> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await app.request(path, init);
  return { status: response.status, body: (await response.json()) as Answer };
}

interface Answer {
  readonly run?: RunAnswer;
  readonly code?: string;
}

const sync = () => post('/api/conversations/sync', { facebookPageId });
const cancel = (runId: string) => post(`/api/runs/${runId}/cancel`);

/** A whole mirror, and then so much news that the next sync takes several seconds. */
async function syncedAndBusy(): Promise<void> {
  await world.tidemark.sync({ facebookPageId });
  world.simulator.world.activity({ pageId: facebookPageId, newMessages: 600, newConversations: 0 });
  world.simulator.rules.latency = { ...world.simulator.rules.latency, baseMs: 400 };
}

/** The run under way, once it has stored something. */
async function runUnderWay(): Promise<RunAnswer> {
  const newest = async () => (await world.tidemark.runs.list({ limit: 1 }))[0];
  await expect
    .poll(
      async () => {
        const run = await newest();
        return run?.status === 'running' && run.synced > 0;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(true);
  return must(await newest(), 'it is there');
}

/** How far the mirror is known to reach. */
async function line(): Promise<unknown> {
  await using eye = await openEye(world.databaseUrl);
  const { lastSyncedAt } = await world.tidemark.pages.find({ facebookPageId });
  return { lastSyncedAt, watermark: await findWatermark(eye.client, facebookPageId) };
}

async function held(): Promise<number> {
  await using eye = await openEye(world.databaseUrl);
  const { rows } = await eye.client.query<{ held: number }>('SELECT count(*)::int AS held FROM facebook_messages');
  return must(rows[0], 'a count').held;
}

/** The next sync completes what was cut off. */
async function expectWhole(): Promise<void> {
  world.simulator.rules.latency = { ...world.simulator.rules.latency, baseMs: 0 };
  expect(await sync()).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  expect(await world.differences()).toEqual([]);
}

describe('a run that is cancelled', () => {
  it('in this process ends at once; what it stored stays, the line does not move, the next sync completes', async () => {
    await syncedAndBusy();
    const [before, heldBefore] = [await line(), await held()];
    const syncing = sync();
    const joining = sync();
    const run = await runUnderWay();

    const answer = await cancel(run.id);
    expect(answer).toMatchObject({ status: 200, body: { run: { status: 'cancelled', errorCode: 'RUN_CANCELLED' } } });
    for (const one of [syncing, joining]) {
      expect(await one).toMatchObject({ status: 409, body: { code: 'RUN_CANCELLED' } });
    }
    expect(answer.body.run?.synced).toBeGreaterThan(0);
    expect(await held()).toBeGreaterThan(heldBefore);
    expect(await line()).toEqual(before);
    expect(await cancel(run.id)).toMatchObject({ status: 409, body: { code: 'RUN_ENDED' } });
    await expectWhole();
    expect(await line()).not.toEqual(before);
  });

  it('in another process ends within six seconds, for all who wait for it anywhere', async () => {
    await syncedAndBusy();
    const before = await line();
    world.simulator.rules.latency = { ...world.simulator.rules.latency, baseMs: 1_500 };
    await using other = await createTidemark(world.settings);
    const syncing = other.sync({ facebookPageId }).catch((error: unknown) => error);
    const run = await runUnderWay();
    const joining = sync();

    expect(await cancel(run.id)).toMatchObject({ status: 202, body: { run: { id: run.id, status: 'running' } } });
    const askedAtMs = performance.now();
    expect(await syncing).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(performance.now() - askedAtMs).toBeLessThan(6_000);
    expect(await joining).toMatchObject({ status: 409, body: { code: 'RUN_CANCELLED' } });
    expect(await world.tidemark.runs.find(run.id)).toMatchObject({ status: 'cancelled' });
    expect(await line()).toEqual(before);
    await expectWhole();
  });

  it('whose process is dead is closed, as soon as its lease has run out', async () => {
    world.simulator.rules.latency = { ...world.simulator.rules.latency, baseMs: 100 };
    const { encryptionKey: _, ...settings } = world.settings;
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings), facebookPageId], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    for await (const event of createInterface({ input: child.stdout })) {
      if (event === 'batch-committed') child.kill('SIGKILL');
    }
    await exited;
    const run = must((await world.tidemark.runs.list({ limit: 1 }))[0], 'it has begun');
    expect(await cancel(run.id)).toMatchObject({ status: 202 });
    const closed = async () => (await cancel(run.id)).status;
    await expect.poll(closed, { timeout: 25_000, interval: 500 }).toBe(200);
    expect(await world.tidemark.runs.find(run.id)).toMatchObject({ status: 'cancelled', errorCode: 'RUN_CANCELLED' });
    expect(await line()).toEqual({ lastSyncedAt: null, watermark: undefined });
    await expectWhole();
  });

  it('is not found under another id', async () => {
    expect(await cancel(crypto.randomUUID())).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } });
  });

  it('may be a verify, which then answers RUN_CANCELLED', async () => {
    await world.tidemark.sync({ facebookPageId });
    world.simulator.rules.latency = { ...world.simulator.rules.latency, baseMs: 400 };
    const verifying = post('/api/conversations/verify', { facebookPageId, repair: true });
    const running = async () => (await world.tidemark.runs.list({ limit: 1 }))[0];
    await expect.poll(async () => (await running())?.mode, { interval: 20 }).toBe('verify');
    const run = must(await running(), 'it runs');
    expect(await cancel(run.id)).toMatchObject({ status: 200, body: { run: { status: 'cancelled', mode: 'verify' } } });
    expect(await verifying).toMatchObject({ status: 409, body: { code: 'RUN_CANCELLED' } });
  });
});
