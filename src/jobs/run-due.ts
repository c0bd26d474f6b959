/**
 * Does what is due within a time, without a worker: for hosts that run code only when it is called. It takes Pages
 * from the same schedule as the workers, longest waiting first, and leaves what it could not do for the next call.
 */
import type { DueAnswer } from '../core/api/jobs.ts';
import type { SyncAllRow } from '../core/api/sync.ts';
import type { Instant } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import type { DuePage, ScheduledQueue } from './ports.ts';

export interface RunDueParts {
  readonly schedule: DueStore;
  readonly clock: Clock;
  readonly syncIntervalMs: number | 'off';
  readonly verifyIntervalMs: number | 'off';
  /** Pages at the same time. */
  readonly concurrency: number;
  /** Syncs a Page for so long at most; a failure is a row like any other. Undefined: the Page is gone. */
  readonly sync: (pageId: string, maxDurationMs: number) => Promise<SyncAllRow | undefined>;
  /** Verifies a Page, or goes on with it, for so long at most; never rejects. */
  readonly verify: (pageId: string, maxDurationMs: number) => Promise<VerifyTurn>;
  readonly collectHistory: (maxDurationMs: number) => Promise<unknown>;
  /** Pages that have older messages to bring. */
  readonly countOpenHistory: () => Promise<number>;
  readonly signal: AbortSignal;
}

/** What one call's time brought of a verify. */
export type VerifyTurn =
  /** It came to its end; whether all was compared, decided and repaired. */
  | { readonly kind: 'ended'; readonly succeeded: boolean }
  /** It did not, and goes on at its next turn: not before then, or (undefined) when those that wait had theirs. */
  | { readonly kind: 'unfinished'; readonly againAt: Instant | undefined };

/** The schedule, as whoever takes from it for himself needs it. */
export interface DueStore {
  /** Makes Pages due that are new to the schedule or were never synced. */
  bringForward(): Promise<void>;
  claimDue(
    queue: ScheduledQueue,
    options: { readonly intervalMs: number | undefined; readonly limit: number },
  ): Promise<{ readonly due: readonly DuePage[]; readonly isExhausted: boolean }>;
  /** Makes a taken Page due again, as of then or (undefined) of now. */
  giveBack(queue: ScheduledQueue, page: { readonly pageId: string; readonly dueAt: number | undefined }): Promise<void>;
  countDue(queue: ScheduledQueue): Promise<number>;
  /** Removes a batch of runs that ended long ago. */
  pruneRuns(): Promise<unknown>;
}

/** Too little time to begin anything with. */
const WORTHWHILE_MS = 500;

export async function runDue(parts: RunDueParts, maxDurationMs: number): Promise<DueAnswer> {
  const { schedule, clock } = parts;
  const startedMs = clock.monotonicMs();
  const leftMs = () => startedMs + maxDurationMs - clock.monotonicMs();
  const rows: SyncAllRow[] = [];
  let unfinished = 0;
  let verified = 0;

  await schedule.bringForward();
  await takeDue(parts, { queue: 'sync', interval: parts.syncIntervalMs, leftMs }, async (pageId) => {
    const row = await parts.sync(pageId, leftMs());
    if (row !== undefined) rows.push(row);
    if (row?.status !== 'partial' || leftMs() > WORTHWHILE_MS) return;
    // It was cut short by our time, and waits behind those that had no turn at all.
    unfinished += 1;
    await schedule.giveBack('sync', { pageId, dueAt: undefined });
  });
  const { verifyIntervalMs } = parts;
  if (verifyIntervalMs !== 'off') {
    await takeDue(parts, { queue: 'verify', interval: verifyIntervalMs, leftMs }, async (pageId) => {
      const turn = await parts.verify(pageId, leftMs());
      if (turn.kind === 'unfinished') await schedule.giveBack('verify', { pageId, dueAt: turn.againAt });
      else if (turn.succeeded) verified += 1;
    });
  }
  const pagesLeft = await schedule.countDue('sync');
  const verifyLeft = verifyIntervalMs === 'off' ? 0 : await schedule.countDue('verify');
  if (leftMs() > WORTHWHILE_MS) await schedule.pruneRuns();
  if (leftMs() > WORTHWHILE_MS) await parts.collectHistory(leftMs());
  const historyLeft = await parts.countOpenHistory();
  const left = { pagesLeft, verifyLeft, historyLeft };
  return toDueAnswer({ rows, unfinished, verified, ...left, durationMs: clock.monotonicMs() - startedMs });
}

interface Taking {
  readonly queue: ScheduledQueue;
  readonly interval: number | 'off';
  readonly leftMs: () => number;
}

async function takeDue(
  { schedule, concurrency, signal }: RunDueParts,
  { queue, interval, leftMs }: Taking,
  work: (pageId: string) => Promise<void>,
): Promise<void> {
  await using group = createTaskGroup(concurrency, signal);
  const intervalMs = interval === 'off' ? undefined : interval;
  let isExhausted = false;
  while (!isExhausted && leftMs() > WORTHWHILE_MS) {
    const claimed = await schedule.claimDue(queue, { intervalMs, limit: concurrency });
    ({ isExhausted } = claimed);
    for (const { pageId, dueAt } of claimed.due) {
      await group.start(async () => {
        if (leftMs() > WORTHWHILE_MS) await work(pageId);
        else await schedule.giveBack(queue, { pageId, dueAt });
      });
    }
  }
  await group.done();
}

interface Done {
  readonly rows: readonly SyncAllRow[];
  readonly unfinished: number;
  readonly verified: number;
  readonly pagesLeft: number;
  readonly verifyLeft: number;
  readonly historyLeft: number;
  readonly durationMs: number;
}

function toDueAnswer({ rows, unfinished, verified, durationMs, ...left }: Done): DueAnswer {
  const pagesFailed = rows.filter((row) => !row.success).length;
  const pagesSynced = rows.length - pagesFailed - unfinished;
  const { pagesLeft, verifyLeft, historyLeft } = left;
  const done = pagesLeft === 0 && verifyLeft === 0 && historyLeft === 0;
  const what = [
    ...(pagesLeft > 0 ? [`${pagesLeft} page(s) are still due`] : []),
    ...(verifyLeft > 0 ? [`${verifyLeft} page(s) are still to be verified`] : []),
    ...(historyLeft > 0 ? [`${historyLeft} page(s) have older messages to come`] : []),
  ];
  return {
    success: pagesFailed === 0,
    pagesSynced,
    pagesFailed,
    pagesVerified: verified,
    ...left,
    results: rows,
    done,
    message:
      `Synced ${pagesSynced} page(s)${pagesFailed > 0 ? `, ${pagesFailed} failed` : ''}; ` +
      `${done ? 'nothing is left to do' : what.join(', ')}`,
    durationMs,
  };
}
