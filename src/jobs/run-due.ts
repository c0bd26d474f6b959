/**
 * Does what is due within a time, without a worker: for hosts that run code only when it is called. It takes Pages
 * from the same schedule as the workers, longest waiting first, and leaves what it could not do for the next call.
 */
import type { Channel } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import type { DueAgain, DueChannel, ScheduledQueue } from './ports.ts';

/** As much of a sync's answer as decides whether the Page is done for now. */
export interface SyncedPage {
  readonly status: string;
}

export interface RunDueParts<Row extends SyncedPage> {
  readonly schedule: DueStore;
  readonly clock: Clock;
  readonly syncIntervalMs: number | 'off';
  readonly verifyIntervalMs: number | 'off';
  /** Pages at the same time. */
  readonly concurrency: number;
  /** Syncs a channel for so long at most; a failure is a row like any other. Undefined: the Page is gone. */
  readonly sync: (channel: Channel, maxDurationMs: number) => Promise<Row | undefined>;
  /** Verifies a channel, or goes on with it, for so long at most; never rejects. */
  readonly verify: (channel: Channel, maxDurationMs: number) => Promise<VerifyTurn>;
  readonly collectHistory: (maxDurationMs: number) => Promise<unknown>;
  /** Pages that have older messages to bring. */
  readonly countOpenHistory: () => Promise<number>;
  readonly signal: AbortSignal;
}

/** What one call's time brought of a verify. */
export type VerifyTurn =
  /** It came to its end; whether all was compared, decided and repaired. */
  | { readonly kind: 'ended'; readonly succeeded: boolean }
  /** It did not, and goes on at its next turn: after so long; 0: when those that wait had theirs. */
  | { readonly kind: 'unfinished'; readonly againInMs: number };

/** The schedule, as whoever takes from it for himself needs it. */
export interface DueStore {
  /** Makes channels due that are new to the schedule or are to be walked in full. */
  bringForward(): Promise<void>;
  claimDue(
    queue: ScheduledQueue,
    options: { readonly intervalMs: number | undefined; readonly limit: number },
  ): Promise<{ readonly due: readonly DueChannel[]; readonly isExhausted: boolean }>;
  /** Makes a taken channel due again. */
  giveBack(queue: ScheduledQueue, channel: Channel, due: DueAgain): Promise<void>;
  countDue(queue: ScheduledQueue): Promise<number>;
  /** Removes a batch of runs that ended long ago. */
  pruneRuns(): Promise<unknown>;
}

/** Too little time to begin anything with. */
const WORTHWHILE_MS = 500;

/** What one call did, and what it left. */
export async function runDue<Row extends SyncedPage>(parts: RunDueParts<Row>, maxDurationMs: number) {
  const { schedule, clock } = parts;
  const startedMs = clock.monotonicMs();
  const leftMs = () => startedMs + maxDurationMs - clock.monotonicMs();
  const results: Row[] = [];
  const unfinished = new Set<string>();
  const verified = new Set<string>();

  await schedule.bringForward();
  await takeDue(parts, { queue: 'sync', interval: parts.syncIntervalMs, leftMs }, async (channel) => {
    const row = await parts.sync(channel, leftMs());
    if (row !== undefined) results.push(row);
    if (row?.status !== 'partial' || leftMs() > WORTHWHILE_MS) return;
    // It was cut short by our time, and waits behind those that had no turn at all.
    unfinished.add(channel.pageId);
    await schedule.giveBack('sync', channel, { inMs: 0 });
  });
  const { verifyIntervalMs } = parts;
  if (verifyIntervalMs !== 'off') {
    await takeDue(parts, { queue: 'verify', interval: verifyIntervalMs, leftMs }, async (channel) => {
      const turn = await parts.verify(channel, leftMs());
      if (turn.kind === 'unfinished') await schedule.giveBack('verify', channel, { inMs: turn.againInMs });
      else if (turn.succeeded) verified.add(channel.pageId);
    });
  }
  const pagesLeft = await schedule.countDue('sync');
  const verifyLeft = verifyIntervalMs === 'off' ? 0 : await schedule.countDue('verify');
  if (leftMs() > WORTHWHILE_MS) await schedule.pruneRuns();
  if (leftMs() > WORTHWHILE_MS) await parts.collectHistory(leftMs());
  const historyLeft = await parts.countOpenHistory();
  const left = { pagesLeft, verifyLeft, historyLeft };
  return { results, unfinished, pagesVerified: verified.size, ...left, durationMs: clock.monotonicMs() - startedMs };
}

interface Taking {
  readonly queue: ScheduledQueue;
  readonly interval: number | 'off';
  readonly leftMs: () => number;
}

async function takeDue(
  { schedule, concurrency, signal }: Pick<RunDueParts<SyncedPage>, 'schedule' | 'concurrency' | 'signal'>,
  { queue, interval, leftMs }: Taking,
  work: (channel: Channel) => Promise<void>,
): Promise<void> {
  await using group = createTaskGroup(concurrency, signal);
  const intervalMs = interval === 'off' ? undefined : interval;
  let isExhausted = false;
  while (!isExhausted && leftMs() > WORTHWHILE_MS) {
    const claimed = await schedule.claimDue(queue, { intervalMs, limit: concurrency });
    ({ isExhausted } = claimed);
    for (const { dueAt, ...channel } of claimed.due) {
      await group.start(async () => {
        if (leftMs() > WORTHWHILE_MS) await work(channel);
        else await schedule.giveBack(queue, channel, { at: dueAt });
      });
    }
  }
  await group.done();
}
