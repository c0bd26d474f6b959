/** Jobs from the schedule to the mirror in one process: done, given up, retried, and done by a call without a worker. */
import { expect, it } from 'vitest';
import type { DueAnswer, FailedJobAnswer } from '../../src/api/jobs.ts';
import type { TidemarkError } from '../../src/core/errors.ts';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { allDifferences, overlappingRuns } from '../support/all-pages.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const onProblem = (problem: TidemarkError) => expect.unreachable(problem.message);

async function countJobs({ databaseUrl }: TestWorld): Promise<number> {
  await using eye = await openEye(databaseUrl);
  const { rows } = await eye.client.query<{ count: number }>('SELECT count(*)::int AS count FROM tidemark_jobs.job');
  return must(rows[0], 'a count').count;
}

it('a dead token ends in one attempt, shows, and the Page goes on with a fresh one', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: { pages: 2, conversations: 5 },
    settings: { syncIntervalMs: 1000 },
  });
  const [dead, well] = world.pageIds.map((id) => must(id, 'two Pages'));
  world.simulator.world.killToken(must(dead, 'a Page'));
  const problems: string[] = [];
  await world.tidemark.jobs.start({ onProblem: (problem) => problems.push(problem.code) });
  await expect.poll(() => world.tidemark.jobs.failed(), { timeout: 10_000 }).toHaveLength(1);
  const [failed] = await world.tidemark.jobs.failed();
  expect(failed).toEqual({
    pageId: expect.any(String),
    facebookPageId: dead,
    pageName: expect.any(String),
    platform: 'messenger',
    queue: 'sync',
    attempts: 1,
    code: 'TOKEN_EXPIRED',
    error: expect.stringContaining('token'),
    failedAt: expect.stringMatching(/^\d{4}-.*Z$/),
  } satisfies Record<keyof FailedJobAnswer, unknown>);
  const runsOf = async (facebookPageId = '') => (await world.tidemark.runs.list({ facebookPageId })).length;
  const before = await runsOf(well);
  await expect.poll(() => runsOf(well), { timeout: 10_000 }).toBeGreaterThan(before + 2);
  expect(await runsOf(dead), 'it is not tried in circles').toBe(1);
  expect(problems).toEqual(['TOKEN_EXPIRED']);

  // Retried in vain it fails again; with a fresh token the schedule takes the Page up, and the note goes.
  expect(await world.tidemark.jobs.retry({ facebookPageId: dead, queue: 'sync' })).toBe(1);
  await expect.poll(() => problems.length, { timeout: 10_000 }).toBe(2);
  await expect.poll(() => world.tidemark.jobs.failed()).toHaveLength(1);
  world.simulator.world.renewToken(must(dead, 'a Page'));
  await world.tidemark.pages.connect(new Secret(world.simulator.world.tokens.user));
  await expect.poll(() => world.tidemark.jobs.failed(), { timeout: 10_000 }).toEqual([]);
  await expect.poll(() => world.differences(dead), { timeout: 10_000 }).toEqual([]);
});

it('a job that was given up is done when it is retried', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  const facebookPageId = must(world.pageIds[0], 'a Page');
  world.simulator.world.killToken(facebookPageId);
  await world.tidemark.jobs.start({ schedule: false, onProblem: () => {} });
  await world.tidemark.jobs.enqueue('sync', [{ facebookPageId }]);
  await expect.poll(() => world.tidemark.jobs.failed(), { timeout: 10_000 }).toHaveLength(1);
  world.simulator.world.renewToken(facebookPageId);
  await world.tidemark.pages.connect(new Secret(world.simulator.world.tokens.user));
  expect(await world.tidemark.jobs.retry({ queue: 'history' })).toBe(0);
  expect(await world.tidemark.jobs.retry({})).toBe(1);
  await expect.poll(() => world.differences(), { timeout: 10_000 }).toEqual([]);
  expect(await world.tidemark.jobs.failed()).toEqual([]);
  await expect.poll(() => countJobs(world)).toBe(0);
});

it('a job that waited for the run of another process shares its failure', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  const facebookPageId = must(world.pageIds[0], 'a Page');
  const problems: string[] = [];
  await world.tidemark.jobs.start({ schedule: false, onProblem: (problem) => problems.push(problem.code) });
  await using other = await createTidemark(world.settings);
  const begun = Promise.withResolvers<void>();
  world.simulator.faults.add({
    match: { kind: 'conversations' },
    effect: { type: 'error', code: 190, subcode: 463, delayMs: 3000 },
  });
  const failing = other.sync({ facebookPageId, onEvent: () => begun.resolve() });
  failing.catch(() => {});
  await begun.promise;
  await world.tidemark.jobs.enqueue('sync', [{ facebookPageId }]);
  await expect(failing).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  await expect.poll(() => countJobs(world), { timeout: 10_000 }).toBe(0);
  expect(await world.tidemark.jobs.failed()).toMatchObject([{ queue: 'sync', code: 'TOKEN_EXPIRED' }]);
  expect(problems).toEqual(['TOKEN_EXPIRED']);
});

it('a Page that is paused while its job waits is left alone', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  const facebookPageId = must(world.pageIds[0], 'a Page');
  await world.tidemark.jobs.enqueue('sync', [{ facebookPageId }]);
  await world.tidemark.pages.setActive((await world.tidemark.pages.find({ facebookPageId })).id, false);
  await world.tidemark.jobs.start({ schedule: false, onProblem });
  await expect.poll(() => countJobs(world), { timeout: 10_000 }).toBe(0);
  expect(await world.tidemark.runs.list({})).toEqual([]);
});

it('a call without any worker does what is due in slices, longest waiting first, until nothing is left', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: {
      pages: 6,
      conversations: 150,
      messagesPerConversation: { min: 1, max: 60, mean: 5 },
      latency: { baseMs: 80 },
    },
    settings: { pageConcurrency: 2 },
  });
  const answers: DueAnswer[] = [];
  do {
    // Two at a time: what one call takes, the other leaves alone.
    const both = [{ maxDurationMs: 900 }, { maxDurationMs: 900 }].map((request) => world.tidemark.jobs.runDue(request));
    answers.push(...(await Promise.all(both)));
  } while (answers.at(-1)?.done !== true && answers.length < 60);
  expect(answers[0]?.pagesLeft).toBeGreaterThan(0);
  expect(answers[0]?.done).toBe(false);
  expect(Math.max(...answers.map((answer) => answer.durationMs))).toBeLessThan(8000);
  expect(await allDifferences(world)).toEqual([]);
  expect(answers.reduce((sum, answer) => sum + answer.pagesSynced, 0)).toBeGreaterThanOrEqual(6);
  expect(answers.flatMap((answer) => answer.results).filter((row) => row.status === 'failed')).toEqual([]);
  expect(await overlappingRuns(world)).toEqual([]);
  expect(await world.tidemark.jobs.runDue({})).toMatchObject({
    success: true,
    pagesSynced: 0,
    pagesLeft: 0,
    historyLeft: 0,
    done: true,
    results: [],
    message: 'Synced 0 page(s); nothing is left to do',
  });
});

it('a sync that the time of a call cut short is due again, and the next call goes on with it', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: { conversations: 250, messagesPerConversation: { min: 1, max: 5, mean: 2 } },
  });
  await world.tidemark.jobs.runDue({});
  world.simulator.world.activity({ pageId: must(world.pageIds[0], 'a Page'), newMessages: 220 });
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query('UPDATE facebook_page_schedule SET next_sync_at = now()');
  await using slow = await createTidemark({ ...world.settings, callsPerSecond: 2 });
  const first = await slow.jobs.runDue({ maxDurationMs: 700 });
  expect(first).toMatchObject({ success: true, pagesSynced: 0, pagesLeft: 1, done: false });
  expect(first.results).toMatchObject([{ syncMode: 'incremental', status: 'partial' }]);
  expect(await world.tidemark.jobs.runDue({})).toMatchObject({ pagesSynced: 1, pagesLeft: 0, done: true });
  expect(await world.differences()).toEqual([]);
});

it('without an interval every call syncs every Page, and a failing one is a row', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: { pages: 3, conversations: 5 },
    settings: { syncIntervalMs: 'off' },
  });
  expect(await world.tidemark.jobs.runDue({})).toMatchObject({ success: true, pagesSynced: 3, pagesLeft: 0 });
  const pageId = must(world.pageIds[1], 'a Page');
  world.simulator.world.killToken(pageId);
  const answer = await world.tidemark.jobs.runDue({});
  expect(answer).toMatchObject({ success: false, pagesSynced: 2, pagesFailed: 1, pagesLeft: 0, done: true });
  expect(answer.results.find((row) => !row.success)).toMatchObject({ facebookPageId: pageId, code: 'TOKEN_EXPIRED' });
  expect(await world.tidemark.jobs.runDue({})).toMatchObject({ success: true, pagesSynced: 2 });
});

it('a call without any worker keeps to its time, however many Pages have older messages to come', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: {
      pages: 8,
      conversations: 12,
      messagesPerConversation: { min: 150, max: 250, mean: 200 },
      latency: { baseMs: 250 },
    },
    settings: { pageConcurrency: 2 },
  });
  await world.tidemark.syncAll({});
  await using eye = await openEye(world.databaseUrl);
  await world.tidemark.jobs.runDue({ maxDurationMs: 1 });
  await eye.client.query(`UPDATE facebook_page_schedule SET next_sync_at = now() + interval '30 minutes'`);
  const answer = await world.tidemark.jobs.runDue({ maxDurationMs: 2000 });
  expect(answer.historyLeft).toBeGreaterThan(0);
  expect(answer.durationMs).toBeLessThan(8000);
});

it('a call without any worker calls no Page verified that it had no time to verify', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: { conversations: 900, messagesPerConversation: { min: 1, max: 1, mean: 1 }, latency: { baseMs: 150 } },
  });
  await world.tidemark.syncAll({});
  await using eye = await openEye(world.databaseUrl);
  await world.tidemark.jobs.runDue({ maxDurationMs: 1 });
  await eye.client.query(
    `UPDATE facebook_page_schedule SET next_sync_at = now() + interval '30 minutes', next_verify_at = now()`,
  );
  expect(await world.tidemark.jobs.runDue({ maxDurationMs: 800 })).toMatchObject({ pagesVerified: 0 });
  await eye.client.query('UPDATE facebook_page_schedule SET next_verify_at = now()');
  expect(await world.tidemark.jobs.runDue({})).toMatchObject({ pagesVerified: 1 });
});

it('a verify that the time of a call cut short is due again behind the others, and goes on until it is finished', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: {
      pages: 2,
      conversations: 900,
      messagesPerConversation: { min: 1, max: 1, mean: 1 },
      latency: { baseMs: 250 },
    },
    settings: { pageConcurrency: 1 },
  });
  await world.tidemark.syncAll({});
  await world.tidemark.jobs.runDue({ maxDurationMs: 1 });
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query(
    `UPDATE facebook_page_schedule SET next_sync_at = now() + interval '30 minutes', next_verify_at = now()`,
  );
  const lists = world.simulator.calls.all.length;
  const answers: DueAnswer[] = [];
  const first: string[] = [];
  do {
    const before = world.events.length;
    answers.push(await world.tidemark.jobs.runDue({ maxDurationMs: 1200 }));
    const began = world.events.slice(before).find((event) => event.type === 'run-started' && event.mode === 'verify');
    first.push(must(began, 'each call verifies').page.facebookPageId);
  } while (answers.at(-1)?.verifyLeft !== 0 && answers.length < 25);
  // Ten calls to Facebook for each of the two, one or more in each turn, by turns.
  expect(answers.length).toBeLessThanOrEqual(20);
  expect(answers.map((answer) => answer.pagesVerified).reduce((sum, count) => sum + count)).toBe(2);
  expect(answers[0]).toMatchObject({ pagesVerified: 0, verifyLeft: 2, done: false });
  expect(answers[0]?.message).toContain('2 page(s) are still to be verified');
  expect(answers.at(-1)).toMatchObject({ verifyLeft: 0, done: true });
  expect(first[0]).not.toBe(first[1]);
  expect(world.simulator.calls.all.length - lists).toBe(20);
  expect(Math.max(...answers.map((answer) => answer.durationMs))).toBeLessThan(8000);
});

it('a verify that finds its pool parked is due again when it opens, and is no failed job', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  await world.tidemark.syncAll({});
  await world.tidemark.jobs.runDue({ maxDurationMs: 1 });
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query(
    `UPDATE facebook_page_schedule SET next_sync_at = now() + interval '30 minutes', next_verify_at = now();
     UPDATE facebook_sync_state SET cooldown_until = now() + interval '10 minutes'`,
  );
  await using fresh = await createTidemark(world.settings);
  expect(await fresh.jobs.runDue({ maxDurationMs: 3000 })).toMatchObject({ pagesVerified: 0, verifyLeft: 0 });
  const { rows } = await eye.client.query<{ minutes: number }>(
    `SELECT round(extract(epoch FROM next_verify_at - now()) / 60)::int AS minutes FROM facebook_page_schedule`,
  );
  expect(rows).toEqual([{ minutes: 10 }]);
  expect(await fresh.jobs.failed()).toEqual([]);
});

it('old runs are removed by a schedule, and by a call without any worker', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 5 } });
  const { pageId } = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  await using eye = await openEye(world.databaseUrl);
  const addOld = () =>
    eye.client.query(
      `INSERT INTO facebook_sync_runs (page_id, id, platform, mode, trigger, status, started_at)
       SELECT $1, gen_random_uuid(), 'messenger', 'incremental', 'schedule', 'succeeded', now() - interval '40 days'
       FROM generate_series(1, 20)`,
      [pageId],
    );
  const countOld = async () =>
    (await eye.client.query(`SELECT FROM facebook_sync_runs WHERE started_at < now() - interval '30 days'`)).rowCount;
  await addOld();
  await world.tidemark.jobs.runDue({});
  expect(await countOld()).toBe(5);
  await addOld();
  await world.tidemark.jobs.start({ onProblem });
  await expect.poll(countOld, { timeout: 10_000 }).toBe(5);
  expect((await world.tidemark.sync({ facebookPageId: world.pageIds[0] })).status).toBe('succeeded');
});

it('history that left a nearly used quota to the syncs is taken up again by a job of its own', async () => {
  const messagesPerConversation = { min: 150, max: 300, mean: 200 };
  await using world = await openWorld({ version: 17, simulator: { conversations: 3, messagesPerConversation } });
  const pageId = must(world.pageIds[0], 'a Page');
  await world.tidemark.jobs.start({ schedule: false, onProblem });
  world.simulator.quotas.saturate({ pool: 'messenger', pageId, percent: 85 });
  // Its job follows by itself.
  await world.tidemark.sync({ facebookPageId: pageId });
  await using eye = await openEye(world.databaseUrl);
  const waiting = async () => {
    const { rows } = await eye.client.query<{ name: string; wait: number }>(
      `SELECT name, extract(epoch FROM start_after - now())::float8 AS wait FROM tidemark_jobs.job WHERE state < 'active'`,
    );
    return rows.filter(({ wait }) => wait > 60);
  };
  await expect.poll(waiting, { timeout: 20_000 }).toMatchObject([{ name: 'history' }]);
  const [{ wait } = { wait: 0 }] = await waiting();
  // What a header said is believed for five minutes.
  expect(wait).toBeGreaterThan(4 * 60);
  expect(wait).toBeLessThanOrEqual(5 * 60 + 5);
  const [stepped] = await world.tidemark.runs.list({ facebookPageId: pageId, limit: 1 });
  expect(stepped).toMatchObject({ mode: 'history', status: 'partial' });

  // Five minutes later: a call of a sync tells that there is room again, and nobody asks for history.
  world.simulator.quotas.reset();
  await world.tidemark.sync({ facebookPageId: pageId });
  await eye.client.query(`UPDATE tidemark_jobs.job SET start_after = now() WHERE name = 'history'`);
  await expect.poll(() => world.differences(), { timeout: 20_000 }).toEqual([]);
  await expect.poll(() => countJobs(world), { timeout: 10_000 }).toBe(0);
});

for (const { name, code } of [
  { name: 'merged into another one', code: 21 },
  { name: 'refused for good', code: 100 },
]) {
  it(`a Page that was ${name} is asked for once a day, by whatever is scheduled`, async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { pages: 2, conversations: 3, messagesPerConversation: { min: 60, max: 90, mean: 70 } },
      settings: { syncIntervalMs: 1000, verifyIntervalMs: 1000 },
    });
    const [gone = '', well = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId: gone });
    const message = code === 21 ? 'Page ID 1 was migrated to page ID 2' : '(#100) A field that is gone';
    world.simulator.faults.add({ match: { pageId: gone }, times: 'always', effect: { type: 'error', code, message } });
    const callsBefore = world.simulator.calls.ofPage(gone).calls;
    /** Runs that called for it. */
    const asked = async () => {
      const runs = await world.tidemark.runs.list({ facebookPageId: gone, limit: 100 });
      return runs.filter(({ status, graphCalls }) => status === 'failed' && graphCalls > 0).length;
    };
    await world.tidemark.jobs.start({ onProblem: () => {} });
    const statusOf = async () => (await world.tidemark.pages.find({ facebookPageId: gone })).status;
    await expect.poll(statusOf, { timeout: 20_000 }).toBe('failed');
    const turns = async () => (await world.tidemark.runs.list({ facebookPageId: well })).length;
    const begun = await turns();
    await expect.poll(turns, { timeout: 40_000 }).toBeGreaterThan(begun + 6);
    await world.tidemark.jobs.runDue({ maxDurationMs: 2000 });
    expect(await asked()).toBe(1);
    // A list may be asked for in two sizes.
    expect(world.simulator.calls.ofPage(gone).calls - callsBefore).toBeLessThanOrEqual(2);

    await using eye = await openEye(world.databaseUrl);
    await eye.client.query(
      `UPDATE facebook_sync_state SET last_call_at = now() - interval '25 hours' WHERE status = 'failed'`,
    );
    const later = await turns();
    await expect.poll(turns, { timeout: 40_000 }).toBeGreaterThan(later + 6);
    expect(await asked(), 'and again on the next day').toBe(2);
  });
}

it('a queue whose schema is dropped under two running processes is made anew, and the schedule goes on', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: { pages: 3, conversations: 5 },
    settings: { syncIntervalMs: 1000 },
  });
  await using other = await createTidemark(world.settings);
  const problems = new Set<string>();
  const hear = ({ code }: TidemarkError) => void problems.add(code);
  for (const tidemark of [world.tidemark, other]) await tidemark.jobs.start({ onProblem: hear });
  const turns = async () => (await world.tidemark.runs.list({ limit: 200 })).length;
  await expect.poll(turns, { timeout: 20_000 }).toBeGreaterThan(5);
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query('DROP SCHEMA tidemark_jobs CASCADE');
  const before = await turns();
  await expect.poll(turns, { timeout: 40_000 }).toBeGreaterThan(before + 9);
  expect([...problems], 'it is told').toEqual(['SCHEMA_MISSING']);
  expect(await world.tidemark.jobs.enqueue('verify', [{ facebookPageId: world.pageIds[0] }])).toBe(1);
});
