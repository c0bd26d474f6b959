/**
 * Applying deliveries, a batch at a time: one transaction from taking them to noting what became of them, so that a
 * process may be killed at any instant. Any number of processes may; none gets what another has. It may be done in any
 * order and any number of times: what comes of it is decided by `message-effects.ts` alone.
 */
import { isTidemarkError } from '../core/errors.ts';
import type { ParsedDelivery, WebhookEvent } from '../core/webhook.ts';
import type { Database } from './connect.ts';
import { findPlaces, type PlacedEvent, wantContacts } from './delivery-places.ts';
import { applyEffects, applyMessages, applyReceipts, findReadMessages } from './told-events.ts';
import { emptyUnsent, noteContents, type Redact } from './unsent-messages.ts';
import { toStorableText } from './text.ts';

export interface DeliveryReader {
  /** Throws for what is no delivery. */
  readonly parse: (body: string) => ParsedDelivery;
  readonly redact: Redact;
}

type Query = Database['query'];

/** $1 how many · $2 only this one, or null. Served by idx_facebook_webhook_events_due. */
const TAKE = `
SELECT id, body, received_at FROM facebook_webhook_events
WHERE apply_at <= now() AND ($2::uuid IS NULL OR id = $2)
ORDER BY apply_at LIMIT $1
FOR UPDATE SKIP LOCKED`;

/** $1 ids · $2 statuses · $3 what they held · $4 what they wait for. Who waits is tried again, after longer and longer pauses, for a day. */
const CONCLUDE = `
UPDATE facebook_webhook_events AS delivery
SET status = ended.status, outcome = ended.outcome, error = ended.error, applied_at = now(),
    waits_for = ARRAY(SELECT jsonb_array_elements_text(ended.waits_for)), attempts = attempts + 1,
    apply_at = CASE WHEN ended.status = 'waiting' AND received_at > now() - interval '1 day'
                    THEN now() + least(3600, 5 * power(4, least(attempts, 6))) * interval '1 second' END
FROM jsonb_to_recordset($1) AS ended (id uuid, status text, outcome jsonb, waits_for jsonb, error text)
WHERE delivery.id = ended.id`;

/** A delivery that was taken, as far as it could be read. */
interface Taken {
  readonly id: string;
  readonly body: string;
  readonly receivedAt: number;
  readonly parsed: ParsedDelivery | undefined;
  readonly fault: string | undefined;
}

/** Few at once: each may hold a thousand events. */
const BATCH = 50;

/** Answers how many were taken; 0 when none is due. */
export async function applyDueDeliveries(database: Database, reader: DeliveryReader): Promise<number> {
  try {
    return (await applyBatch(database, reader, undefined)).length;
  } catch (error) {
    if (mayPass(error)) throw error;
    // One of them is what the database refuses: each by itself then.
    return applySingly(database, reader);
  }
}

/** The database was away, or it was somebody else's turn. */
function mayPass(error: unknown): boolean {
  return isTidemarkError(error) && error.entry.retry === 'later';
}

async function applySingly(database: Database, reader: DeliveryReader): Promise<number> {
  const due = await database.query<{ id: string }>(
    'SELECT id FROM facebook_webhook_events WHERE apply_at <= now() ORDER BY apply_at LIMIT $1',
    [BATCH],
  );
  for (const { id } of due) {
    try {
      await applyBatch(database, reader, id);
    } catch (error) {
      if (mayPass(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      await database.query(CONCLUDE, [
        JSON.stringify([{ id, status: 'failed', waits_for: [], error: toStorableText(reason) }]),
      ]);
    }
  }
  return due.length;
}

async function applyBatch(database: Database, reader: DeliveryReader, only: string | undefined) {
  return database.transaction(async (query) => {
    const rows = await query<TakenRow>(TAKE, [BATCH, only ?? null]);
    if (rows.length === 0) return rows;
    const taken = rows.map((row) => read(row, reader));
    const told = taken.flatMap(({ id, receivedAt, parsed }) =>
      (parsed?.events ?? []).map((event) => ({ deliveryId: id, since: receivedAt - event.lateMs, event })),
    );
    const { placed, waiting } = await findPlaces(query, told);
    const unread = await applyAll(query, placed, reader);
    await wantContacts(query, waiting);
    const waits = Map.groupBy([...waiting, ...unread], ({ deliveryId }) => deliveryId);
    const ended = taken.map((delivery) => conclude(delivery, waits.get(delivery.id) ?? []));
    await query(CONCLUDE, [JSON.stringify(ended)]);
    return rows;
  });
}

interface TakenRow extends Record<string, unknown> {
  readonly id: string;
  readonly body: string;
  readonly received_at: number;
}

function read({ id, body, received_at: receivedAt }: TakenRow, { parse }: DeliveryReader): Taken {
  try {
    return { id, body, receivedAt, parsed: parse(body), fault: undefined };
  } catch (error) {
    const fault = `The delivery cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
    return { id, body, receivedAt, parsed: undefined, fault };
  }
}

/** Answers what has to wait: who has read up to a message that is not in the mirror. */
async function applyAll(query: Query, placed: readonly PlacedEvent[], { redact }: DeliveryReader) {
  await noteContents(query, placed);
  await applyMessages(query, placed);
  await applyEffects(query, placed);
  await emptyUnsent(query, placed, redact);
  const { read: receipts, unread } = await findReadMessages(query, placed);
  await applyReceipts(query, receipts);
  return unread;
}

function conclude({ id, parsed, fault }: Taken, waits: readonly { readonly waitsFor: string }[]) {
  const error = fault === undefined ? null : toStorableText(fault);
  if (parsed === undefined) return { id, status: 'failed', outcome: null, waits_for: [], error };
  const kinds = [
    ...parsed.events.map(({ kind }: WebhookEvent) => kind),
    ...parsed.noted.map((name) => `noted: ${name}`),
    ...parsed.unknown.map((name) => `unknown: ${name}`),
  ];
  const counts = [...Map.groupBy(kinds, toStorableText)].map(([kind, found]) => [kind, found.length]);
  const status = waits.length > 0 ? 'waiting' : parsed.unknown.length > 0 ? 'ignored' : 'applied';
  const waitsFor = [...new Set(waits.map((wait) => toStorableText(wait.waitsFor)))];
  return { id, status, outcome: Object.fromEntries(counts), waits_for: waitsFor, error };
}
