/** Runs across callers and processes: joined while they go on (I6), replaced when their process is dead (I4). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const SCRIPT = new URL('../support/sync-process.ts', import.meta.url).pathname;

/** Starts a sync in a process of its own and kills it when it has told of `count` events of a type. */
async function killedAt(world: TestWorld, { type, count }: { type: string; count: number }): Promise<void> {
  const { encryptionKey: _, ...settings } = world.settings;
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings), must(world.pageIds[0], 'a Page')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === type && ++seen === count) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  expect(signal).toBe('SIGKILL');
}

describe('a sync that is already running', () => {
  it('is joined by a second caller in the same process, who gets its answer', async () => {
    await using world = await openWorld({ version: 17 });
    const [first, second] = await Promise.all([
      world.tidemark.sync({ facebookPageId: world.pageIds[0] }),
      world.tidemark.sync({ facebookPageId: world.pageIds[0] }),
    ]);
    expect(second).toEqual(first);
    expect(await world.tidemark.runs.list({})).toHaveLength(1);
  });

  it('is joined by a caller in another process, who gets its answer', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400, latency: { baseMs: 200 } } });
    await using other = await createTidemark(world.settings);
    const first = world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    await expect.poll(() => world.events.some((event) => event.type === 'run-started')).toBe(true);
    const joined = await other.sync({ facebookPageId: world.pageIds[0] });
    expect(joined).toEqual(await first);
    expect(await world.tidemark.runs.list({})).toHaveLength(1);
  });

  it('whose failure is the answer of everybody who joined it', async () => {
    await using world = await openWorld({ version: 17, simulator: { latency: { baseMs: 60 } } });
    await using other = await createTidemark(world.settings);
    world.simulator.world.killToken(must(world.pageIds[0], 'a Page'));
    const answers = await Promise.allSettled([
      world.tidemark.sync({ facebookPageId: world.pageIds[0] }),
      world.tidemark.sync({ facebookPageId: world.pageIds[0] }),
      other.sync({ facebookPageId: world.pageIds[0] }),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'TOKEN_EXPIRED' } });
  });
});

describe('a process that is killed', () => {
  it('is replaced within 30 s, and the next run completes what it began', { timeout: 60_000 }, async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 600, latency: { baseMs: 40 } } });
    await killedAt(world, { type: 'batch-committed', count: 2 });
    const killedAtMs = performance.now();
    expect((await world.differences()).length).toBeGreaterThan(0);
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const started = must(
      world.events.find((event) => event.type === 'run-started'),
      'it has run',
    );
    expect(started.runId).toBe(answer.runId);
    expect(performance.now() - killedAtMs).toBeLessThan(32_000);
    expect(answer).toMatchObject({ syncMode: 'full', status: 'succeeded', total: 600 });
    expect(answer.synced).toBeLessThan(600);
    expect(await world.differences()).toEqual([]);
    const [, abandoned] = await world.tidemark.runs.list({});
    expect(abandoned).toMatchObject({ status: 'failed', errorCode: 'LEASE_LOST' });
  });
});
