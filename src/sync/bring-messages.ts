/**
 * Brings what is new in conversations, and sees that it adds up: where as many messages are stored as Facebook counts,
 * nothing more is asked. Where not, or where the store has lost some, the conversation is read again.
 */
import type { ConversationSnapshot, Instant, StoredConversation } from '../core/model.ts';
import { addsUp, hasLostRows } from '../core/row-count.ts';
import { type ClosedGap, closeGap } from './close-gap.ts';
import { readDown } from './read-down.ts';
import type { RunContext } from './run-context.ts';

/** Messages that are read again, whatever is stored and counted. */
export interface Rereads {
  /** Those written since; 0: all. */
  readonly since: Instant;
  /** Told of each conversation where that made a difference. */
  readonly onDiffering: (snapshot: ConversationSnapshot) => void;
}

export interface Bring {
  readonly snapshots: readonly ConversationSnapshot[];
  readonly stored: ReadonlyMap<string, StoredConversation | undefined>;
  readonly rereads?: Rereads | undefined;
  /** Told of each conversation that could not be brought; throws what ends the run. */
  readonly onFailure: (conversationId: string, error: unknown) => void;
}

export async function bringMessages(
  run: RunContext,
  { snapshots, stored, rereads, onFailure }: Bring,
): Promise<ClosedGap[]> {
  const closed = await eachOrFailed(snapshots, ({ id }) => id, {
    onFailure,
    work: (snapshot) => closeGap(run, snapshot, stored.get(snapshot.id)),
  });
  const known = await findKnown(run, closed, stored);
  const toCount = closed.filter(({ collected }) => known.has(collected.snapshot.id));
  const counts = await run.store.countRows(
    toCount.map(({ collected: { snapshot, messages } }) => ({ conversationId: snapshot.id, messages })),
  );
  return eachOrFailed(closed, ({ collected }) => collected.snapshot.id, {
    onFailure,
    async work(gap) {
      const { snapshot } = gap.collected;
      const before = known.get(snapshot.id);
      const count = counts.get(snapshot.id);
      if (before === undefined || count === undefined) return gap;
      const hasLost = hasLostRows(before) || count.live < (before.heldMessageCount ?? 0);
      const downTo = hasLost ? 0 : rereads?.since;
      if (downTo === undefined && addsUp(before, snapshot.messageCount, count.live + count.fresh)) return gap;
      const { collected, eventsCreated, differing } = await readDown(run, { snapshot, stored: before, downTo });
      if (differing > 0) rereads?.onDiffering(snapshot);
      return { collected, eventsCreated: gap.eventsCreated + eventsCreated };
    },
  });
}

/** What is stored of them, also where a walk collects as if nothing were: what is gone is not to stay for ever. */
async function findKnown(
  { store }: RunContext,
  closed: readonly ClosedGap[],
  stored: Bring['stored'],
): Promise<ReadonlyMap<string, StoredConversation>> {
  const snapshots = closed.map(({ collected }) => collected.snapshot);
  const known = snapshots.flatMap(({ id }) => {
    const before = stored.get(id);
    return before === undefined ? [] : [[id, before] as const];
  });
  const others = await store.findStored(snapshots.filter(({ id }) => stored.get(id) === undefined));
  return new Map([...known, ...others]);
}

interface Each<In, Out> {
  readonly work: (item: In) => Promise<Out>;
  readonly onFailure: Bring['onFailure'];
}

/** One after the other; what fails is told and left out. */
async function eachOrFailed<In, Out>(
  items: readonly In[],
  toId: (item: In) => string,
  { work, onFailure }: Each<In, Out>,
): Promise<Out[]> {
  const done: Out[] = [];
  for (const item of items) {
    try {
      done.push(await work(item));
    } catch (error) {
      onFailure(toId(item), error);
    }
  }
  return done;
}
