/**
 * Processes that share the work, and what becomes of it when one of them ends: whoever dies is replaced, nothing is
 * walked twice at once (I6) and nothing is lost (I4).
 */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { allDifferences, overlappingRuns } from '../support/all-pages.ts';
import { type Program, startProgram } from '../support/program.ts';
import { TEST_KEY } from '../support/test-key.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

function environment(world: TestWorld, extra: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: world.databaseUrl,
    GRAPH_API_URL: world.simulator.url,
    GRAPH_CALLS_PER_SECOND: '1000',
    TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
    PORT: '0',
    ...extra,
  };
}

async function isWorking(program: Program): Promise<void> {
  await expect.poll(() => program.stdout(), { timeout: 20_000 }).toContain('Ctrl-C');
}

it(
  'an HTTP process and two workers mirror forty Pages, and one worker is killed in the middle',
  { timeout: 120_000 },
  async () => {
    await using world = await openWorld({
      version: 17,
      simulator: {
        pages: 40,
        conversations: 30,
        messagesPerConversation: { min: 1, max: 20, mean: 6 },
        latency: { baseMs: 400 },
      },
      connect: false,
    });
    const env = environment(world, { SYNC_INTERVAL: '4s', SYNC_PAGE_CONCURRENCY: '15' });
    await using serving = startProgram(['serve', '--no-worker'], env);
    await using survivor = startProgram(['worker'], env);
    await using victim = startProgram(['worker'], env);
    await Promise.all([serving, survivor, victim].map(isWorking));
    const url = must(/http:\/\/\S+/.exec(serving.stdout())?.[0], 'it says where it listens');
    const body = JSON.stringify({ accessToken: world.simulator.world.tokens.user });
    expect(await (await fetch(`${url}/api/pages`, { method: 'POST', body })).json()).toMatchObject({ success: true });

    const committed = ({ told }: Program) => told.filter(({ event }) => event === 'batch-committed').length;
    const areInTheMiddle = () => committed(victim) >= 5 && committed(survivor) >= 5 && openRuns(victim).length >= 2;
    await expect.poll(areInTheMiddle, { timeout: 60_000, interval: 5 }).toBe(true);
    await victim.end('SIGKILL');
    const killedAt = Date.now();
    const cutOff = new Set(openRuns(victim));
    expect(cutOff.size, 'Pages that the victim was at work on').toBeGreaterThan(0);
    for (const pageId of world.pageIds) world.simulator.world.activity({ pageId, newMessages: 3, newConversations: 1 });

    const tookOver = (pageId: string) =>
      survivor.told.find((told) => told.pageId === pageId && told.event === 'run-finished' && told.at > killedAt);
    await expect.poll(() => [...cutOff].every(tookOver), { timeout: 60_000 }).toBe(true);
    console.log(`Taken over ${((Date.now() - killedAt) / 1000).toFixed(1)} s after the kill.`);
    await expect.poll(() => allDifferences(world), { timeout: 60_000, interval: 500 }).toEqual([]);
    // What it told of no Page is the connecting of the Pages.
    const ofRuns = serving.told.filter(({ pageId }) => pageId !== undefined);
    expect(ofRuns, 'the HTTP process leaves the work to the workers').toEqual([]);
    expect(await survivor.end('SIGTERM')).toEqual([0, null]);
    expect(survivor.complaints).toEqual([]);
    expect(await overlappingRuns(world)).toEqual([]);
    expect(await world.tidemark.jobs.failed()).toEqual([]);
  },
);

/** Pages that a process has told the beginning of a run of, and not its end. */
function openRuns({ told }: Program): readonly string[] {
  const open = new Set<string>();
  for (const { event, pageId } of told) {
    if (event === 'run-started') open.add(pageId);
    if (event === 'run-finished' || event === 'run-failed') open.delete(pageId);
  }
  return [...open];
}

it('a worker that is asked to end hands its Page over at once', { timeout: 60_000 }, async () => {
  const messagesPerConversation = { min: 1, max: 3, mean: 2 };
  await using world = await openWorld({ version: 17, simulator: { conversations: 1500, messagesPerConversation } });
  const env = environment(world, { SYNC_INTERVAL: 'off', GRAPH_CALLS_PER_SECOND: '3' });
  await using leaving = startProgram(['worker'], env);
  await isWorking(leaving);
  expect(await world.tidemark.jobs.enqueue('sync', [{ facebookPageId: world.pageIds[0] }])).toBe(1);
  const hasCommitted = () => leaving.told.some(({ event }) => event === 'batch-committed');
  await expect.poll(hasCommitted, { timeout: 20_000 }).toBe(true);
  await world.tidemark.jobs.start({ schedule: false, onProblem: (problem) => expect.unreachable(problem.message) });
  expect(world.events).toEqual([]);

  const askedAt = Date.now();
  expect(await leaving.end('SIGTERM')).toEqual([0, null]);
  const endedAt = Date.now();
  expect(endedAt - askedAt, 'it stops at the next batch').toBeLessThan(8000);
  await expect.poll(() => world.events.length, { timeout: 10_000, interval: 10 }).toBeGreaterThan(0);
  expect(Date.now() - endedAt).toBeLessThan(1500);
  await expect.poll(() => world.differences(), { timeout: 20_000 }).toEqual([]);
  expect(await overlappingRuns(world)).toEqual([]);
  const full = (await world.tidemark.runs.list({})).filter(({ mode }) => mode === 'full');
  expect(full.map(({ status }) => status)).toEqual(['succeeded', 'partial']);
});
