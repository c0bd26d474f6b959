import { describe, expect, it } from 'vitest';
import { describedApp } from '../testing/described-app.ts';
import { createFakeTidemark, PAGE_1, RUN } from '../testing/fake-tidemark.ts';

describe('GET /api/runs', () => {
  it('lists runs', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect((await ask('/api/runs')).body).toEqual({ success: true, runs: [RUN] });
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
