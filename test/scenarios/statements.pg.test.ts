/** What a sync asks of the database: a quiet round over many Pages is made of little else. */
import { expect, it } from 'vitest';
import { countQueries } from '../../bench/count-queries.ts';
import { openWorld } from '../support/world.ts';

const PAGES = 6;
/** Begin, what is held of the list, finish, and the answer. */
const STATEMENTS_OF_A_QUIET_SYNC = 4;
const ROUNDS = 3;

it(`a quiet sync takes ${STATEMENTS_OF_A_QUIET_SYNC} statements, and a round one more for all its Pages`, async () => {
  await using world = await openWorld({ version: 17, simulator: { pages: PAGES, conversations: 30 } });
  await world.tidemark.syncAll({});
  // The hint is tried once for each Page.
  await world.tidemark.syncAll({});
  const counts: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    using queries = countQueries();
    await world.tidemark.syncAll({});
    counts.push(queries.count);
  }
  // On a machine that is so busy that a run takes seconds, its progress is noted as well.
  expect(Math.min(...counts)).toBe(1 + PAGES * STATEMENTS_OF_A_QUIET_SYNC);
});
