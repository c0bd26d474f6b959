/** Questions about all Pages of a test world at once. */
import { openEye } from './client.ts';
import type { TestWorld } from './world.ts';

/** Pairs of runs of one Page that were under way at the same time; runs that were not ended go on until now. */
export async function overlappingRuns({ databaseUrl }: TestWorld): Promise<readonly unknown[]> {
  await using eye = await openEye(databaseUrl);
  const { rows } = await eye.client.query<object>(
    `SELECT to_jsonb(one) AS one, to_jsonb(other) AS other
     FROM facebook_sync_runs AS one JOIN facebook_sync_runs AS other
       ON other.page_id = one.page_id AND other.platform = one.platform AND other.id > one.id
     WHERE one.started_at < coalesce(other.finished_at, now()) AND other.started_at < coalesce(one.finished_at, now())`,
  );
  return rows;
}

/** What differs between mirror and world, over all Pages. */
export async function allDifferences(world: TestWorld): Promise<readonly string[]> {
  return (await Promise.all(world.pageIds.map((pageId) => world.differences(pageId)))).flat();
}
