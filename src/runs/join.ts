/**
 * The syncs of this process that several callers share: one for each channel. Who asks for more than the sync under way
 * does waits for its end, and begins another.
 */
import type { EventSink } from '../core/events.ts';
import { type Channel, toKey } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { pageBusy } from './begin.ts';
import { startTime } from './deadline.ts';

export interface SharedSync {
  readonly sinks: Set<EventSink>;
  /** Known once it has begun, or waits for another one. */
  runId: string | undefined;
}

export interface SyncAsked {
  readonly forceFull?: boolean | undefined;
  readonly maxDurationMs?: number | undefined;
  readonly onEvent?: EventSink | undefined;
}

export interface SharedSyncs {
  /** The run that answers: the one under way, or what `begin` comes to. */
  joinOrBegin(channel: Channel, asked: SyncAsked, begin: (shared: SharedSync) => Promise<string>): Promise<string>;
}

interface UnderWay extends SharedSync {
  readonly ended: Promise<string>;
  readonly isForced: boolean;
}

export function createSharedSyncs(clock: Clock): SharedSyncs {
  const syncs = new Map<string, UnderWay>();

  /** Waits for as long as the caller's time allows. */
  async function join(channel: Channel, shared: UnderWay, { onEvent, maxDurationMs }: SyncAsked): Promise<string> {
    if (onEvent !== undefined) shared.sinks.add(onEvent);
    const runId = (await startTime(clock, maxDurationMs).within(shared.ended)) ?? shared.runId;
    // It waits for the channel itself, and there is no run yet to answer with.
    if (runId === undefined) throw pageBusy(channel);
    return runId;
  }

  return {
    async joinOrBegin(channel, asked, begin) {
      const key = toKey(channel);
      for (let shared = syncs.get(key); shared !== undefined; shared = syncs.get(key)) {
        if (shared.isForced || asked.forceFull !== true) return join(channel, shared, asked);
        // It does less than is asked for now: its end, good or bad, is what we wait for.
        const hasEnded = shared.ended.then(
          () => true,
          () => true,
        );
        if ((await startTime(clock, asked.maxDurationMs).within(hasEnded)) !== true) throw pageBusy(channel);
      }
      const sinks = new Set(asked.onEvent === undefined ? [] : [asked.onEvent]);
      const shared: SharedSync = { sinks, runId: undefined };
      const underWay = Object.assign(shared, {
        isForced: asked.forceFull ?? false,
        ended: begin(shared).finally(() => syncs.delete(key)),
      });
      syncs.set(key, underWay);
      return underWay.ended;
    },
  };
}
