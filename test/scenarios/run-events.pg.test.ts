/** The events of a run as an `EventSource` gets them, read from another process than the one that does the run. */
import { describe, expect, it } from 'vitest';
import type { RunAnswer } from '../../src/api/runs.ts';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { createApp } from '../../src/http/app.ts';
import { startServer } from '../../src/http/server.ts';
import { must } from '../../src/lib/must.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

interface Told {
  readonly id: number;
  readonly event: string;
  readonly run: RunAnswer;
}

/** Reads events until there are `count` of them, or the stream ends. */
async function read(response: Response, count = Infinity): Promise<readonly Told[]> {
  const told: Told[] = [];
  let text = '';
  for await (const chunk of must(response.body, 'a stream').pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, id, event = '', data = ''] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (id !== undefined) told.push({ id: Number(id), event, run: JSON.parse(data) as RunAnswer });
      if (told.length === count) return told;
    }
  }
  return told;
}

async function openSlowWorld(): Promise<TestWorld> {
  return openWorld({ version: 17, simulator: { conversations: 900, latency: { baseMs: 500 } } });
}

async function beginSync(world: TestWorld): Promise<{ readonly runId: string; readonly syncing: Promise<unknown> }> {
  const syncing = world.tidemark.sync({ facebookPageId: world.pageIds[0] }).catch((error: unknown) => error);
  const runs = () => world.tidemark.runs.list({ limit: 1 });
  await expect.poll(async () => (await runs()).length, { interval: 20 }).toBe(1);
  return { runId: must((await runs())[0], 'it runs').id, syncing };
}

describe('the events of a run', () => {
  it('tell another process how far it is, calls and listed ones too, and how it ended', async () => {
    await using world = await openSlowWorld();
    await using other = await createTidemark(world.settings);
    const { runId, syncing } = await beginSync(world);
    const told = await read(await createApp({ tidemark: other }).request(`/api/runs/${runId}/events`));

    expect(await syncing).toMatchObject({ status: 'succeeded' });
    const ids = told.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    const last = must(told.at(-1), 'an end');
    expect(last).toMatchObject({ event: 'end', run: { status: 'succeeded', synced: 900, listed: 900 } });
    expect(last.run).toEqual(await world.tidemark.runs.find(runId));
    const progress = told.slice(0, -1);
    expect(progress.every(({ event, run }) => event === 'progress' && run.status === 'running')).toBe(true);
    for (const field of ['graphCalls', 'listed', 'synced'] as const) {
      const values = progress.map(({ run }) => run[field]);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
      expect(new Set(values).size).toBeGreaterThan(2);
    }
  });

  it('go on behind the last one after a restart, without repeating one or skipping the end', async () => {
    await using world = await openSlowWorld();
    const { runId, syncing } = await beginSync(world);
    const gone = new AbortController();
    const first = await startServer({ tidemark: world.tidemark, host: '127.0.0.1', port: 0 });
    const before = await read(await fetch(`${first.url}/api/runs/${runId}/events`, { signal: gone.signal }), 2);
    gone.abort();
    await first.close();

    await using other = await createTidemark(world.settings);
    const second = await startServer({ tidemark: other, host: '127.0.0.1', port: 0 });
    const headers = { 'Last-Event-ID': String(before.at(-1)?.id) };
    const after = await read(await fetch(`${second.url}/api/runs/${runId}/events`, { headers }));
    // The client that went away has ended its stream only.
    expect(await syncing).toMatchObject({ status: 'succeeded' });
    const ids = [...before, ...after].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(after.at(-1)).toMatchObject({ event: 'end', run: { status: 'succeeded' } });

    const again = await fetch(`${second.url}/api/runs/${runId}/events?lastEventId=${before.at(-1)?.id}`);
    expect((await read(again)).map(({ event }) => event)).toEqual(['end']);
    const end = String(after.at(-1)?.id);
    expect((await fetch(`${second.url}/api/runs/${runId}/events?lastEventId=${end}`)).status).toBe(204);
    await second.close();
  });

  it.each(['failed', 'cancelled'] as const)('end with why the run was %s', async (status) => {
    await using world = await openSlowWorld();
    const { runId, syncing } = await beginSync(world);
    const reading = read(await createApp({ tidemark: world.tidemark }).request(`/api/runs/${runId}/events`));
    if (status === 'failed') world.simulator.world.killToken(must(world.pageIds[0], 'a Page'));
    else await world.tidemark.runs.cancel(runId);
    await syncing;
    const code = status === 'failed' ? 'TOKEN_EXPIRED' : 'RUN_CANCELLED';
    const end = must((await reading).at(-1), 'an end');
    expect(end).toMatchObject({ event: 'end', run: { status, errorCode: code, errorMessage: expect.any(String) } });
  });
});
