/** A host whose clock is hours or years off: what is stored says when Facebook or the database saw it (I1). */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { startShifted } from '../support/program.ts';
import { openWorld, type TestWorld } from '../support/world.ts';
import { TEST_KEY } from '../support/test-key.ts';

const HOUR_MS = 3_600_000;

/** The first and the last time that is stored in each column. */
async function storedTimes(world: TestWorld) {
  await using eye = await openEye(world.databaseUrl);
  const { rows: columns } = await eye.client.query<{ table_name: string; column_name: string }>(
    `SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = current_schema() AND data_type = 'timestamp with time zone' AND table_name LIKE 'facebook\\_%'`,
  );
  const times = [];
  for (const { table_name: table, column_name: column } of columns) {
    const { rows } = await eye.client.query<{ min: Date | null; max: Date | null }>(
      `SELECT min("${column}"), max("${column}") FROM "${table}"`,
    );
    times.push({ name: `${table}.${column}`, ...must(rows[0], 'an aggregate is one row') });
  }
  return times.filter(({ max }) => max !== null);
}

for (const [what, shiftMs] of [
  ['three hours ahead', 3 * HOUR_MS],
  ['400 days behind', -400 * 24 * HOUR_MS],
] as const) {
  it(`a process whose clock is ${what} stores nothing of it`, async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 30 } });
    const pageId = must(world.pageIds[0], 'a Page');
    const startedAt = Date.now();
    for (const command of [['sync'], ['verify', '--repair']]) {
      await using program = startShifted(shiftMs, command, {
        DATABASE_URL: world.databaseUrl,
        GRAPH_API_URL: world.simulator.url,
        TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
        GRAPH_CALLS_PER_SECOND: '100',
      });
      expect(await program.ended).toEqual([0, null]);
      for (const { name, min, max } of await storedTimes(world)) {
        // The schedule, and what is tried again, lie ahead by a day at most.
        expect(max?.getTime(), name).toBeLessThan(Date.now() + (/next_|retry/.test(name) ? 25 : 0.1) * HOUR_MS);
        expect(min?.getTime(), name).toBeGreaterThan(startedAt - 399 * 24 * HOUR_MS);
      }
      const page = await world.tidemark.pages.find({ facebookPageId: pageId });
      expect(Date.parse(must(page.lastSyncedAt ?? undefined, 'it was synced'))).toBeGreaterThanOrEqual(startedAt);
      world.simulator.world.activity({ pageId, newMessages: 3 });
    }
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
  });
}
