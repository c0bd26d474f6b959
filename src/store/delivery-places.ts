/** Finds where in the mirror the events of deliveries belong, and which of them have to wait until their place is known. */
import type { Platform } from '../core/model.ts';
import type { WebhookEvent } from '../core/webhook.ts';
import type { Database } from './connect.ts';
import { toStorableText } from './text.ts';

/** An event as it arrived. */
export interface ToldEvent {
  readonly deliveryId: string;
  /** When it happened, in ms by the database's clock. */
  readonly since: number;
  readonly event: WebhookEvent;
}

/** An event whose Page is in the mirror, and whose conversation is known unless nothing depends on it. */
export interface PlacedEvent extends ToldEvent {
  readonly pageId: string;
  readonly conversationId: string | undefined;
}

export interface WaitingEvent extends ToldEvent {
  readonly pageId: string | undefined;
  readonly waitsFor: string;
}

/** $1 platforms · $2 accounts · $3 contacts, each time one of each. Served by the index of either account, and by idx_facebook_conversations_contact. */
const FIND = `
SELECT asked.platform, asked.account_id, asked.contact_id, page.id AS page_id, conversation.id AS conversation_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (platform, account_id, contact_id)
JOIN facebook_pages AS page
  ON CASE asked.platform WHEN 'messenger' THEN page.facebook_page_id::text = asked.account_id
                         ELSE page.instagram_account_id::text = asked.account_id END
LEFT JOIN LATERAL (
  -- There may be an earlier one with the same person, which is gone.
  SELECT held.id FROM facebook_conversations AS held
  WHERE held.page_id = page.id AND held.platform = asked.platform AND held.contact_id = asked.contact_id
  ORDER BY held.deleted_at IS NOT NULL, held.updated_time DESC
  LIMIT 1
) AS conversation ON true`;

/** $1 pages · $2 platforms · $3 contacts. */
const WANT = `
INSERT INTO facebook_wanted_contacts (page_id, platform, contact_id)
SELECT DISTINCT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING`;

interface FoundRow extends Record<string, unknown> {
  readonly platform: Platform;
  readonly account_id: string;
  readonly contact_id: string;
  readonly page_id: string;
  readonly conversation_id: string | null;
}

/** Kinds that are of a conversation; the others are of a message, whatever is known of its conversation. */
const NEEDS_CONVERSATION: ReadonlySet<WebhookEvent['kind']> = new Set(['message', 'read', 'delivery']);

export async function findPlaces(query: Database['query'], told: readonly ToldEvent[]) {
  const distinct = new Map(told.map(({ event }) => [toKey(event), event]));
  const asked = [...distinct.values()];
  const rows =
    asked.length === 0
      ? []
      : await query<FoundRow>(FIND, [
          asked.map(({ platform }) => platform),
          asked.map(({ accountId }) => toStorableText(accountId)),
          asked.map(({ contactId }) => toStorableText(contactId)),
        ]);
  const found = new Map(
    rows.map((row) => [
      toKey({ platform: row.platform, accountId: row.account_id, contactId: row.contact_id }),
      { pageId: row.page_id, conversationId: row.conversation_id ?? undefined },
    ]),
  );
  const placed: PlacedEvent[] = [];
  const waiting: WaitingEvent[] = [];
  for (const one of told) {
    const place = found.get(toKey(one.event));
    const { accountId, contactId, kind } = one.event;
    if (place === undefined) waiting.push({ ...one, pageId: undefined, waitsFor: `page:${accountId}` });
    else if (place.conversationId === undefined && NEEDS_CONVERSATION.has(kind))
      waiting.push({ ...one, pageId: place.pageId, waitsFor: `contact:${contactId}` });
    else placed.push({ ...one, ...place });
  }
  return { placed, waiting };
}

/** Asks for the conversations of who wrote. Of who has only read something there may be none any more. */
export async function wantContacts(query: Database['query'], waiting: readonly WaitingEvent[]): Promise<void> {
  const writers = waiting.filter(({ event, pageId }) => event.kind === 'message' && pageId !== undefined);
  if (writers.length === 0) return;
  await query(WANT, [
    writers.map(({ pageId }) => pageId),
    writers.map(({ event }) => event.platform),
    writers.map(({ event }) => toStorableText(event.contactId)),
  ]);
}

function toKey({ platform, accountId, contactId }: Pick<WebhookEvent, 'platform' | 'accountId' | 'contactId'>): string {
  return JSON.stringify([platform, toStorableText(accountId), toStorableText(contactId)]);
}
