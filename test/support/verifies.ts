/** Questions about what verifies leave in the database, and ways to damage a mirror behind the back of every sync. */
import { openEye } from './client.ts';
import type { TestWorld } from './world.ts';

/** Conversations that are held, oldest first; to be followed by OFFSET and LIMIT. */
export const OLDEST = 'SELECT id FROM facebook_conversations WHERE deleted_at IS NULL ORDER BY updated_time';

/** The ids that a statement answers with. */
export async function query(world: TestWorld, sql: string): Promise<readonly string[]> {
  await using eye = await openEye(world.databaseUrl);
  return (await eye.client.query<{ id: string }>(sql)).rows.map((row) => row.id);
}

/** Conversations that are marked as deleted. */
export const findMarked = (world: TestWorld) =>
  query(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL ORDER BY id');
/** Generations of verifies that are not finished. */
export const findLeftovers = (world: TestWorld) =>
  query(
    world,
    `SELECT generation AS id FROM facebook_verify_seen UNION ALL SELECT generation FROM facebook_unfinished_verifies`,
  );
