import { describe, expect, it } from 'vitest';
import { describedApp } from '../../../test/support/http/described-app.ts';
import { createApp } from '../app.ts';
import { PAGE_1, RUN, RUN_UNDER_WAY } from '../../../test/support/answers.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';

describe('GET /api/runs', () => {
  it('lists runs', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect((await ask('/api/runs')).body).toEqual({ success: true, runs: [RUN, RUN_UNDER_WAY] });
  });

  it('hands the Page and the limit on', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask(`/api/runs?pageId=${PAGE_1.id}&facebookPageId=${PAGE_1.facebookPageId}&limit=5`);

    expect(tidemark.asked[0]?.given).toEqual({
      pageId: PAGE_1.id,
      facebookPageId: PAGE_1.facebookPageId,
      limit: 5,
    });
  });

  it('refuses a limit out of bounds', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/runs?limit=-1')).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
  });
});

describe('GET /api/runs/:id', () => {
  it('finds a run', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect((await ask(`/api/runs/${RUN.id}`)).body).toEqual({ success: true, run: RUN });
  });

  it('answers 404 for a run that is not recorded', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/runs/unknown')).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } });
  });
});

describe('POST /api/runs/:id/cancel', () => {
  it('answers 202 and the run while it has yet to end', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/runs/${RUN_UNDER_WAY.id}/cancel`, { method: 'POST' })).toMatchObject({
      status: 202,
      body: { success: true, run: RUN_UNDER_WAY },
    });
  });

  it('answers 200 and the run when it has ended', async () => {
    const cancelled = { ...RUN_UNDER_WAY, status: 'cancelled' } as const;
    const runs = { ...createFakeTidemark().runs, cancel: async () => cancelled };
    const ask = await describedApp(createFakeTidemark({ runs }));

    expect(await ask(`/api/runs/${RUN_UNDER_WAY.id}/cancel`, { method: 'POST' })).toMatchObject({
      status: 200,
      body: { success: true, run: cancelled },
    });
  });

  it.each([
    [RUN.id, 409, 'RUN_ENDED'],
    ['unknown', 404, 'RUN_NOT_FOUND'],
  ])('of the run %s answers %i %s', async (id, status, code) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/runs/${id}/cancel`, { method: 'POST' })).toMatchObject({ status, body: { code } });
  });
});

describe('GET /api/runs/:id/events', () => {
  const path = `/api/runs/${RUN.id}/events`;
  const lastId = 2 * RUN.graphCalls + 1;
  const watch = (url: string, headers: Record<string, string> = {}) =>
    createApp({ tidemark: createFakeTidemark() }).request(url, { headers });

  it('replays the end of a run that has ended', async () => {
    const response = await watch(path);

    expect(response.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8');
    expect(await response.text()).toBe(`id: ${lastId}\nevent: end\ndata: ${JSON.stringify(RUN)}\n\n`);
  });

  it('answers 204, which ends an EventSource, to a client that has the end', async () => {
    expect((await watch(path, { 'Last-Event-ID': String(lastId) })).status).toBe(204);
    expect((await watch(`${path}?lastEventId=${lastId}`)).status).toBe(204);
    // The address is the one that the browser began with; the header is what it has now.
    expect((await watch(`${path}?lastEventId=0`, { 'Last-Event-ID': String(lastId) })).status).toBe(204);
  });

  it.each(['', '0', '-1', 'x', '9'.repeat(40)])('tells all to a client that says its last event was %j', async (id) => {
    expect(await (await watch(path, { 'Last-Event-ID': id })).text()).toContain('event: end');
  });

  it('answers 404 as JSON for a run that is not recorded', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/runs/unknown/events')).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } });
  });
});
