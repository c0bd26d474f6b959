/**
 * One run that has its lease, up to its end: keeps the lease while it works, and records how it ended. However it
 * ends, the lease is given back or runs out by itself.
 */
import { type TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { SyncEventBody } from '../core/events.ts';
import type { Lease, RunMode, RunTrigger } from '../core/model.ts';
import type { Clock, ConversationSource, Deadline, Emit, SourceUse } from '../core/ports.ts';
import type { BegunRun, RunFailure, RunProgress, RunStore } from '../core/store-ports.ts';
import { toLookbackStart } from '../core/watermark.ts';
import { keepLease } from './lease.ts';
import { performTask, type RunTask, type TaskParts, type TaskResult } from './perform-task.ts';
import { openMeter } from './phase-costs.ts';
import { reportProgress } from './report-progress.ts';

export interface RunParts extends TaskParts {
  readonly runStore: RunStore;
  readonly clock: Clock;
  readonly openSource: (run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly onEvent: (run: { readonly runId: string; readonly mode: RunMode }, event: SyncEventBody) => void;
  /** Told how to end the run at once, as soon as it has begun. */
  readonly onBegun: (runId: string, end: (reason: Error) => void) => void;
  /** Whether the process ends: asked between calls, besides the run's own deadline. */
  readonly isClosing: () => boolean;
  readonly signal: AbortSignal;
}

export interface RunWork {
  readonly task: RunTask;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly trigger: RunTrigger;
  readonly run: BegunRun;
  /** The waiting for the channel included. */
  readonly deadline: Deadline;
}

export async function performRun(
  parts: RunParts,
  { task, depth, trigger, run, deadline }: RunWork,
): Promise<TaskResult> {
  const { runStore, clock } = parts;
  const { lease, mode } = run;
  const startedAt = clock.monotonicMs();
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
  try {
    const lookbackStart = mode === 'incremental' ? toLookbackStart(run.watermark, run.lookbackMs) : undefined;
    emit({ type: 'run-started', trigger, lookbackStart });
    if (run.nonsense.length > 0) emit({ type: 'state-mended', columns: run.nonsense });
    parts.quotas.apply(lease, run.cooldowns);
    const source = meter.source(await parts.openSource(run, { emit, deadline: deadline.at }));
    const context = { begun: run, source, meter, clock, emit, depth, deadline, signal };
    const result = await performTask(parts, task, context);
    const { status, counts } = result;
    emit({ type: 'run-finished', trigger, status, counts, durationMs: clock.monotonicMs() - startedAt });
    return result;
  } catch (error) {
    const failure = toTidemarkError(error);
    await recordFailure(runStore, lease, { failure, progress: meter.progress() });
    const { code, message } = failure;
    emit({ type: 'run-failed', code, message, durationMs: clock.monotonicMs() - startedAt });
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
  if (code === 'PAGE_MERGED' || code === 'REQUEST_REFUSED') return 'failed';
  return code === 'THROTTLED' ? 'throttled' : undefined;
}
