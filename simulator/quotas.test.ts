import { expect, it } from 'vitest';
import { ask, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { Reply, ShownError } from '../test/support/simulator/ask.ts';

const MINUTE_MS = 60_000;

interface Usage {
  readonly type: string;
  readonly call_count: number;
  readonly estimated_time_to_regain_access: number;
}

const businessUsage = (reply: Reply<unknown>): Record<string, Usage[]> =>
  JSON.parse(reply.headers.get('x-business-use-case-usage') ?? '{}') as Record<string, Usage[]>;

it('tells usage in the recorded headers, conversations and Pages in separate pools', async () => {
  await using simulator = await startSmall({ engagedPeople: 1 });
  const { id } = firstPage(simulator);
  for (let count = 0; count < 19; count += 1) await ask(simulator, `${id}/conversations`);
  const list = await ask(simulator, `${id}/conversations`);
  const usage = { call_count: 10, total_cputime: 10, total_time: 10, estimated_time_to_regain_access: 0 };
  expect(businessUsage(list)).toEqual({ [id]: [{ type: 'messenger', ...usage }] });
  expect(JSON.parse(list.headers.get('x-app-usage') ?? '')).toEqual({ call_count: 0, total_cputime: 0, total_time: 0 });
  expect(businessUsage(await ask(simulator, id))[id]).toMatchObject([{ type: 'pages', call_count: 0 }]);
});

it('tells Instagram usage under the Page and the account', async () => {
  await using simulator = await startSmall({ instagramConversations: 1 });
  const page = firstPage(simulator);
  const reply = await ask(simulator, `${page.id}/conversations`, { parameters: { platform: 'instagram' } });
  expect(Object.keys(businessUsage(reply)).toSorted()).toEqual([page.id, page.instagram?.id].toSorted());
});

it.each([
  ['messenger', 80006, 400],
  ['app', 4, 403],
] as const)('refuses calls on a full %s pool with %i until its time has passed', async (pool, code, httpStatus) => {
  let now = Date.parse('2026-11-20T10:00:00Z');
  await using simulator = await startSmall({ now: () => now });
  const { id: pageId } = firstPage(simulator);
  simulator.quotas.saturate({ pool, pageId, percent: 107, blockedMs: 12 * MINUTE_MS });
  const blocked = await ask<ShownError>(simulator, `${pageId}/conversations`);
  expect(blocked.status).toBe(httpStatus);
  expect(blocked.json.error.code).toBe(code);
  if (pool === 'messenger') {
    expect(businessUsage(blocked)[pageId]).toMatchObject([{ call_count: 107, estimated_time_to_regain_access: 12 }]);
  }
  now += 12 * MINUTE_MS;
  expect((await ask(simulator, `${pageId}/conversations`)).status).toBe(200);
});

it('blocks one pool and leaves the others open', async () => {
  await using simulator = await startSmall({ instagramConversations: 1 });
  const { id: pageId } = firstPage(simulator);
  simulator.quotas.saturate({ pool: 'messenger', pageId, percent: 100 });
  const parameters = { platform: 'instagram' };
  expect((await ask(simulator, `${pageId}/conversations`, { parameters })).status).toBe(200);
  expect((await ask(simulator, pageId)).status).toBe(200);
});

it('warns without blocking below 100 percent', async () => {
  await using simulator = await startSmall();
  const { id: pageId } = firstPage(simulator);
  simulator.quotas.saturate({ pool: 'messenger', pageId, percent: 97 });
  const reply = await ask(simulator, `${pageId}/conversations`);
  expect(reply.status).toBe(200);
  expect(businessUsage(reply)[pageId]).toMatchObject([{ call_count: 97, estimated_time_to_regain_access: 0 }]);
});

it('fills by calls alone', async () => {
  await using simulator = await startSmall({ engagedPeople: 0.02 });
  const path = `${firstPage(simulator).id}/conversations`;
  const codes: (number | undefined)[] = [];
  for (let count = 0; count < 5; count += 1)
    codes.push((await ask<Partial<ShownError>>(simulator, path)).json.error?.code);
  expect(codes).toEqual([undefined, undefined, undefined, undefined, 80006]);
});

it('records who calls on after being told to wait, and not who only just learns of it', async () => {
  let now = Date.parse('2026-11-20T10:00:00Z');
  await using simulator = await startSmall({ now: () => now });
  const { id: pageId } = firstPage(simulator);
  simulator.quotas.saturate({ pool: 'messenger', pageId, percent: 100, blockedMs: 5 * MINUTE_MS });
  await Promise.all([ask(simulator, `${pageId}/conversations`), ask(simulator, `${pageId}/conversations`)]);
  expect(simulator.calls.violations).toEqual([]);
  now += MINUTE_MS;
  await ask(simulator, `${pageId}/conversations`);
  expect(simulator.calls.violations).toMatchObject([{ rule: 'called-while-blocked', pageId }]);
});

it('records who calls for another Page after the app was told to wait', async () => {
  let now = Date.parse('2026-11-20T10:00:00Z');
  await using simulator = await startSmall({ pages: 2, now: () => now });
  const [first, second] = simulator.world.pages.map(({ id }) => id);
  simulator.quotas.saturate({ pool: 'app', percent: 100, blockedMs: 5 * MINUTE_MS });
  await ask(simulator, `${first}/conversations`);
  expect(simulator.calls.violations).toEqual([]);
  now += MINUTE_MS;
  await ask(simulator, `${second}/conversations`);
  expect(simulator.calls.violations).toMatchObject([{ rule: 'called-while-blocked', pageId: second }]);
});
