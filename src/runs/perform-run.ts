/**
 * One run that has its lease, up to its end: keeps the lease while it works, and records how it ended. However it
 * ends, the lease is given back or runs out by itself.
 */
import { type TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { SyncEventBody } from '../core/events.ts';
import type { Instant, Lease, RunMode, RunTrigger } from '../core/model.ts';
import type { ConversationSource, Emit, SourceUse } from '../core/ports.ts';
import type { BegunRun, RunFailure, RunProgress, RunStore, SyncResult } from '../core/store-ports.ts';
import { toCut } from '../core/watermark.ts';
import { keepLease } from './lease.ts';
import { performTask, type RunTask, type TaskParts } from './perform-task.ts';
import { openMeter } from './phase-costs.ts';
import { reportProgress } from './report-progress.ts';

export interface RunParts extends TaskParts {
  readonly runStore: RunStore;
  readonly openSource: (run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly onEvent: (run: { readonly runId: string; readonly mode: RunMode }, event: SyncEventBody) => void;
  /** Told how to end the run at once, as soon as it has begun. */
  readonly onBegun: (runId: string, end: (reason: Error) => void) => void;
  /** Asked between calls, besides the run's own deadline. */
  readonly shouldStop: () => boolean;
  readonly signal: AbortSignal;
}

export interface RunWork {
  readonly task: RunTask;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly trigger: RunTrigger;
  readonly run: BegunRun;
  /** When its time is over, the waiting for the channel included. */
  readonly endsAt: Instant;
}

export async function performRun(parts: RunParts, { task, depth, trigger, run, endsAt }: RunWork): Promise<SyncResult> {
  const { runStore, clock } = parts;
  const { lease, mode } = run;
  const startedAt = clock.now();
  const meter = openMeter(clock, task.purpose);
  const emit: Emit = (event) => {
    meter.hear(event);
    parts.onEvent({ runId: lease.runId, mode }, event);
  };
  const ended = new AbortController();
  const signal = AbortSignal.any([parts.signal, ended.signal]);
  parts.onBegun(lease.runId, (reason) => ended.abort(reason));
  const keeping = keepLease(parts, lease, ended);
  const reporting = reportProgress({ runStore, clock, lease, meter, signal: ended.signal });
  const shouldStop = () => parts.shouldStop() || clock.now() >= endsAt;
  try {
    const cutAt = mode === 'incremental' ? toCut(run.watermark) : undefined;
    emit({ type: 'run-started', trigger, cutAt });
    parts.pools.heed(lease, run.parked);
    const source = meter.source(await parts.openSource(run, { emit, endsAt }));
    const result = await performTask({ ...parts, source, meter, emit, signal, shouldStop }, { task, depth, run });
    const { status, counts } = result;
    emit({ type: 'run-finished', trigger, status, counts, durationMs: clock.now() - startedAt });
    return result;
  } catch (error) {
    const failure = toTidemarkError(error);
    await recordFailure(runStore, lease, { failure, progress: meter.progress() });
    const { code, message } = failure;
    emit({ type: 'run-failed', code, message, durationMs: clock.now() - startedAt });
    throw failure;
  } finally {
    ended.abort(new DOMException('The run has ended.', 'AbortError'));
    await Promise.all([keeping, reporting]);
  }
}

async function recordFailure(
  runStore: RunStore,
  lease: Lease,
  { failure, progress }: { readonly failure: TidemarkError; readonly progress: RunProgress },
): Promise<void> {
  const { code, message } = failure;
  try {
    await runStore.fail(lease, { ...progress, code, message, pageStatus: toPageStatus(code) });
  } catch {
    // With the database away the lease runs out by itself; what is reported is what went wrong first.
  }
}

function toPageStatus(code: TidemarkError['code']): RunFailure['pageStatus'] {
  if (code === 'TOKEN_EXPIRED') return 'token_expired';
  if (code === 'PERMISSION_MISSING') return 'permission_missing';
  return code === 'THROTTLED' ? 'throttled' : undefined;
}
