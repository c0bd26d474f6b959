/** A Page that is removed while something of it goes on: said as such, and nothing of it is left behind. */
import { expect, it } from 'vitest';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const SIMULATOR = { conversations: 300, messagesPerConversation: { min: 30, max: 60, mean: 40 } };
const TABLES = ['conversations', 'messages', 'sync_runs', 'sync_state', 'retry_ledger', 'pages'];

async function expectNothingLeft(world: TestWorld): Promise<void> {
  await using eye = await openEye(world.databaseUrl);
  for (const table of TABLES) {
    const { rowCount } = await eye.client.query(`SELECT FROM facebook_${table}`);
    expect(`${rowCount} in ${table}`).toBe(`0 in ${table}`);
  }
}

/** Removes the Page at the call of this number, from now on. */
function removeAt(world: TestWorld, callNumber: number): void {
  let calls = 0;
  world.simulator.world.onCall(async () => {
    if (++calls !== callNumber) return;
    const { id } = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
    await world.tidemark.pages.remove(id);
  });
}

it('a sync of it ends with PAGE_NOT_FOUND, whenever it happens', async () => {
  for (const callNumber of [1, 2, 3, 4, 5]) {
    await using world = await openWorld({ version: 17, simulator: SIMULATOR });
    removeAt(world, callNumber);
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'PAGE_NOT_FOUND',
    });
    expect(world.events.filter((event) => event.type === 'run-failed')).toMatchObject([{ code: 'PAGE_NOT_FOUND' }]);
    await expectNothingLeft(world);
  }
});

it('its history ends so as well', async () => {
  await using world = await openWorld({ version: 17, simulator: { ...SIMULATOR, conversations: 10 } });
  await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  removeAt(world, 4);
  const { results } = await world.tidemark.collectHistory({});
  expect(results).toMatchObject([{ status: 'failed', code: 'PAGE_NOT_FOUND' }]);
  await expectNothingLeft(world);
});

it('the row of it in a sync of all Pages says so, and the others are synced (I8)', async () => {
  await using world = await openWorld({ version: 17, simulator: { ...SIMULATOR, pages: 3, conversations: 40 } });
  removeAt(world, 3);
  const { results } = await world.tidemark.syncAll({});
  const removed = results.find((row) => row.facebookPageId === world.pageIds[0]);
  expect(removed).toMatchObject({ success: false, code: 'PAGE_NOT_FOUND' });
  for (const row of results.filter((other) => other !== removed)) expect(row).toMatchObject({ status: 'succeeded' });
});

it('a sync that waits for Facebook hears of it from its lease', { timeout: 30_000 }, async () => {
  await using world = await openWorld({ version: 17, simulator: SIMULATOR });
  let isAsked = false;
  world.simulator.world.onCall(() => {
    isAsked = true;
    return new Promise(() => {});
  });
  const sync = world.tidemark.sync({ facebookPageId: world.pageIds[0] }).catch((error: unknown) => error);
  await expect.poll(() => isAsked).toBe(true);
  const { id } = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
  await world.tidemark.pages.remove(id);
  expect(await sync).toMatchObject({ code: 'PAGE_NOT_FOUND' });
});
