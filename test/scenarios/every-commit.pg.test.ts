/**
 * From every intermediate state a run ends where an uninterrupted one ends (I4): a real process dies right after each
 * thing it has committed, and the next one completes the mirror to the very same contents, row for row.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createTidemark, type EngineSettings } from '../../src/engine/create-tidemark.ts';
import type { SyncEvent } from '../../src/core/events.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { readMirror } from '../support/mirror-contents.ts';
import { copyTestDatabase } from '../support/postgres.ts';
import { findBrokenPromises } from '../support/promises.ts';
import { SOAK } from '../support/rigour.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const SCRIPT = new URL('../support/work-process.ts', import.meta.url).pathname;

type Event = SyncEvent['type'];
/** What a process tells right after it has written. */
const COMMITS: readonly Event[] = ['batch-committed', 'run-finished', 'history-committed'];
/** And before it does something that it may not come to. */
const EVERYTHING: readonly Event[] = [
  ...COMMITS,
  'run-started',
  'list-requested',
  'list-surveyed',
  'batch-processing',
  'survey-finished',
];

/** A mirror that is behind, of a world in which nothing happens any more. */
async function openStill(isFirst: boolean): Promise<{ world: TestWorld; pageId: string }> {
  let now = Date.UTC(2026, 4, 1);
  const world = await openWorld({
    version: 17,
    simulator: {
      conversations: 210,
      messagesPerConversation: { min: 1, max: 40, mean: 3 },
      listCap: 50,
      now: () => now,
    },
  });
  const pageId = must(world.pageIds[0], 'a Page');
  if (!isFirst) {
    await world.tidemark.sync({ facebookPageId: pageId });
    now += 3_600_000;
    world.simulator.world.activity({ pageId, newMessages: 120, newConversations: 5 });
    const busy = must(world.simulator.world.truth(pageId).conversations[70], 'two hundred of them').id;
    for (let count = 0; count < 260; count++) world.simulator.world.newMessage(pageId, busy);
    world.simulator.world.newConversation(pageId, { messages: Array.from({ length: 90 }, () => ({})) });
  }
  now += 3_600_000;
  // A database is copied only while nobody is connected to it.
  await world.tidemark.close();
  return { world, pageId };
}

async function complete(settings: EngineSettings, facebookPageId: string): Promise<void> {
  await using tidemark = await createTidemark(settings);
  expect(await tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
  const { results } = await tidemark.collectHistory({});
  for (const row of results) expect(row).toMatchObject({ status: 'succeeded' });
}

/** Runs a process that dies at the event of this number; false when it came to its end before. */
async function diesAt(settings: EngineSettings, pageId: string, fate: string): Promise<boolean> {
  const { encryptionKey: _, ...plain } = settings;
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(plain), pageId, '', fate], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  if (signal !== 'SIGKILL') expect(code).toBe(0);
  return signal === 'SIGKILL';
}

const cases = [
  { name: 'a first sync', isFirst: true },
  { name: 'an incremental sync', isFirst: false },
];

for (const { name, isFirst } of cases) {
  it.concurrent(
    `a process that dies anywhere in ${name} is replaced without a trace`,
    { timeout: 600_000 },
    async () => {
      const { world, pageId } = await openStill(isFirst);
      await using _ = world;
      const whole = await copyTestDatabase(world.databaseUrl);
      await complete({ ...world.settings, databaseUrl: whole.url }, pageId);
      const expected = await readMirror(whole.url);
      expect(expected.length).toBeGreaterThan(600);
      await whole.drop();

      const events = SOAK > 1 ? EVERYTHING : COMMITS;
      let deaths = 0;
      for (;;) {
        const copy = await copyTestDatabase(world.databaseUrl);
        const settings = { ...world.settings, databaseUrl: copy.url };
        const hasDied = await diesAt(settings, pageId, `${events.join(',')}=${deaths + 1}`);
        if (hasDied) {
          deaths += 1;
          await using eye = await openEye(copy.url);
          const broken = await findBrokenPromises(eye.client, world.simulator.world.truth(pageId));
          expect(broken, `after death ${deaths}`).toEqual([]);
          await eye.client.query(
            `UPDATE facebook_sync_state SET last_caller = NULL, lease_expires_at = now() - interval '1 hour'
           WHERE lease_run_id IS NOT NULL`,
          );
        }
        await complete(settings, pageId);
        expect(await readMirror(copy.url), `after death ${deaths}`).toEqual(expected);
        await copy.drop();
        if (!hasDied) break;
      }
      console.log(`${name}: ${deaths} deaths, each followed by the same ${expected.length} rows.`);
      expect(deaths).toBeGreaterThanOrEqual(6);
    },
  );
}
