/** Facebook's pools of calls, as the database remembers them to be parked, opened before their time. */
import type pg from 'pg';

/** For processes that begin from now on; one that was told itself keeps the quiet. */
export async function openPools(client: pg.Client): Promise<void> {
  await client.query('UPDATE facebook_sync_state SET cooldown_until = NULL, cooldown_reason = NULL');
  await client.query('DELETE FROM facebook_quotas');
}
