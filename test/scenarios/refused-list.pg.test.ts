/** A list that Facebook refuses for good: the Page fails and says what to do, and is not asked for again and again. */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const MERGED = '(#21) Page ID 1001 was migrated to page ID 990017. Please update your API calls to the new ID';

async function failSync(world: TestWorld, error: { readonly code: number; readonly message?: string }) {
  const { calls, faults } = world.simulator;
  faults.add({ match: { kind: 'conversations' }, times: 'always', effect: { type: 'error', status: 400, ...error } });
  const asked = calls.all.length;
  const failure = await world.tidemark.sync({ facebookPageId: world.pageIds[0] }).then(
    () => undefined,
    (thrown: { code: string; message: string }) => thrown,
  );
  return { failure: must(failure, 'the sync fails'), calls: calls.all.length - asked };
}

it.concurrent('a merged Page fails, and names the Page that it has become', async () => {
  await using world = await openWorld({ version: 17 });
  await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  const { failure, calls } = await failSync(world, { code: 21, message: MERGED });
  expect(failure.code).toBe('PAGE_MERGED');
  expect(failure.message).toContain('Connect Page 990017 instead');
  expect(calls).toBe(1);
  const page = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
  expect(page).toMatchObject({ status: 'failed', statusDetail: expect.stringContaining('990017') });
  expect(world.events.filter((event) => event.type === 'list-refused')).toEqual([]);
});

it.concurrent.each([
  { code: 100, message: '(#100) Tried accessing nonexisting field (unread_count) on node type (UnifiedThread)' },
  { code: 5, message: '(#5) Unauthorized source IP address' },
  { code: 12, message: '(#12) This API call is deprecated for versions v25.0 and higher' },
  { code: 24, message: '(#24) The user must accept this first' },
  { code: 104, message: 'Incorrect signature' },
  { code: 551, message: "(#551) This person isn't available right now." },
  { code: 2500, message: 'Syntax error "Expected end of string" at character 12' },
  { code: 2635, message: 'You are calling a deprecated version of the API. Please update to the latest version' },
])('code $code on the list fails the Page once, until somebody acts', async (error) => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 30 } });
  await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  const { failure, calls } = await failSync(world, error);
  expect(failure).toMatchObject({ code: 'REQUEST_REFUSED', message: expect.stringContaining(`code ${error.code}`) });
  // The head of the list, and once more without `since`, which might be what is refused.
  expect(calls).toBeLessThanOrEqual(2);
  expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({ status: 'failed' });

  world.simulator.faults.clear();
  expect(await world.tidemark.sync({ facebookPageId: world.pageIds[0] })).toMatchObject({ status: 'succeeded' });
  expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({
    status: 'connected',
    statusDetail: null,
  });
  expect(await world.differences()).toEqual([]);
});

it.concurrent('code 9 is a throttle of the Page', async () => {
  await using world = await openWorld({ version: 17 });
  const { failure } = await failSync(world, { code: 9, message: '(#9) User is performing too many actions' });
  expect(failure.code).toBe('THROTTLED');
  expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({ status: 'throttled' });
});
