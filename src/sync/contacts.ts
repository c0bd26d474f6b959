/**
 * Fetches the conversations of people who wrote and are not known: one call for each, by the person. It works for who
 * told of them, and steps aside when its time is over; what is left is fetched the next time.
 */
import { concernsOneObject, isDataRefused } from '../core/errors.ts';
import { NO_COUNTS, addBatch } from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import { NESTED_MESSAGES } from '../core/plan.ts';
import type { SyncResult, WalkState, WantedContacts } from '../core/store-ports.ts';
import { closeGap } from './close-gap.ts';
import { commitBatch } from './commit-batch.ts';
import type { RunContext } from './run-context.ts';

/** Of one run: a sync that waits for the channel does not wait long. */
const MOST_CONTACTS = 20;

export async function fetchContacts(
  run: RunContext,
  contacts: WantedContacts,
  state: Pick<WalkState, 'startedAt' | 'nestedLimit'>,
): Promise<SyncResult> {
  let counts = NO_COUNTS;
  for (const contactId of await contacts.findDue(MOST_CONTACTS)) {
    if (run.deadline.isOver()) break;
    const brought = await fetchOne(run, contactId);
    if (brought === undefined) await contacts.postpone(contactId);
    else counts = addBatch(counts, brought);
  }
  await contacts.settle();
  const { startedAt, nestedLimit } = state;
  counts = { ...counts, graphCalls: run.source.callCount() };
  const status = await run.store.finish({ startedAt, end: { kind: 'inspected' }, counts, listed: 0, nestedLimit });
  return { status, counts, checkpoint: undefined };
}

/** Undefined when Facebook does not show the conversation, or the database refuses it. */
async function fetchOne(run: RunContext, contactId: string) {
  const size = createPageSize({ limit: Math.min(NESTED_MESSAGES, run.depth), onFault: 'half' });
  for (;;) {
    const { limit } = size;
    try {
      const snapshot = await run.source.findConversation({ contactId, messages: limit }, run.signal);
      if (snapshot === undefined) return undefined;
      const stored = await run.store.findStored([snapshot]);
      const { collected, eventsCreated } = await closeGap(run, snapshot, stored.get(snapshot.id));
      const { refused, ...counts } = await commitBatch(run.store, [collected]);
      if (refused.length > 0) return undefined;
      return { ...counts, eventsCreated: counts.eventsCreated + eventsCreated };
    } catch (error) {
      if (size.shrink(limit, error)) continue;
      if (concernsOneObject(error) || isDataRefused(error)) return undefined;
      throw error;
    }
  }
}
