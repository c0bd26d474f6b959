/** Table facebook_wanted_contacts: people who wrote, as deliveries tell, and whose conversation is not in the mirror. */
import type { Channel, Lease, Platform } from '../core/model.ts';
import type { WantedContacts } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { whyLeaseIsLost } from './leases.ts';
import { CALLABLE } from './page-schedule.ts';

/** Served by idx_facebook_conversations_contact. */
const IS_KNOWN = `EXISTS (
  SELECT FROM facebook_conversations AS known
  WHERE known.page_id = wanted.page_id AND known.platform = wanted.platform AND known.contact_id = wanted.contact_id)`;

/** $1 page · $2 platform · $3 limit. */
const FIND_DUE = `
SELECT contact_id FROM facebook_wanted_contacts AS wanted
WHERE page_id = $1 AND platform = $2 AND next_attempt_at <= now() AND NOT ${IS_KNOWN}
ORDER BY next_attempt_at LIMIT $3`;

/** $1 page · $2 platform. Those whose conversation is known, however it came; what was told of them is due at once. */
const SETTLE = `
WITH known AS (
  DELETE FROM facebook_wanted_contacts AS wanted WHERE page_id = $1 AND platform = $2 AND ${IS_KNOWN}
  RETURNING contact_id
)
UPDATE facebook_webhook_events AS delivery SET apply_at = now()
WHERE status = 'waiting' AND waits_for && ARRAY(SELECT 'contact:' || contact_id FROM known)`;

/** $1 page · $2 platform · $3 contact · $4 fence. After a minute, then after longer pauses up to six hours; for a week. */
const POSTPONE = `
WITH lease AS (
  SELECT page_id FROM facebook_sync_state WHERE page_id = $1 AND platform = $2 AND lease_fence = $4
), given_up AS (
  DELETE FROM facebook_wanted_contacts USING lease
  WHERE facebook_wanted_contacts.page_id = $1 AND platform = $2 AND contact_id = $3
    AND wanted_at < now() - interval '7 days'
)
UPDATE facebook_wanted_contacts AS wanted
SET attempts = attempts + 1, next_attempt_at = now() + least(360, power(2, least(attempts, 9))) * interval '1 minute'
FROM lease
WHERE wanted.page_id = $1 AND wanted.platform = $2 AND wanted.contact_id = $3
RETURNING wanted.page_id`;

export function openWantedContacts(database: Database, lease: Lease): WantedContacts {
  const { pageId, platform, fence } = lease;
  return {
    async findDue(limit) {
      const rows = await database.query<{ contact_id: string }>(FIND_DUE, [pageId, platform, limit]);
      return rows.map((row) => row.contact_id);
    },
    async settle() {
      await database.query(SETTLE, [pageId, platform]);
    },
    async postpone(contactId) {
      const rows = await database.query(POSTPONE, [pageId, platform, contactId, fence]);
      if (rows.length === 0) throw await whyLeaseIsLost(database, lease);
    },
  };
}

/** Lets what is due of a channel wait: Facebook cannot be asked now. */
export async function deferContacts(database: Database, { pageId, platform }: Channel, ms: number): Promise<void> {
  await database.query(
    `UPDATE facebook_wanted_contacts SET next_attempt_at = now() + $3 * interval '1 millisecond'
     WHERE page_id = $1 AND platform = $2 AND next_attempt_at <= now()`,
    [pageId, platform, ms],
  );
}

/** Channels of which a contact is due, and that Facebook may be called for. Served by idx_facebook_wanted_contacts_due. */
export async function findChannelsWithWantedContacts(database: Database): Promise<readonly Channel[]> {
  const rows = await database.query<{ page_id: string; platform: Platform }>(
    `SELECT DISTINCT state.page_id, state.platform
     FROM facebook_wanted_contacts AS wanted
     JOIN facebook_sync_state AS state ON state.page_id = wanted.page_id AND state.platform = wanted.platform
     JOIN facebook_pages AS page ON page.id = state.page_id
     WHERE wanted.next_attempt_at <= now() AND ${CALLABLE}`,
  );
  return rows.map((row) => ({ pageId: row.page_id, platform: row.platform }));
}
