/**
 * One run of one Page, from the lease to the ledger: begins it or joins the one under way, keeps the lease while it
 * works, and records how it ended. However it ends, the lease is given back or runs out by itself.
 */
import { TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { SyncEventBody } from '../core/events.ts';
import { LEASE_MS, type Platform, type RunMode, type RunTrigger } from '../core/model.ts';
import type { Clock, ConversationSource, Deadline, Emit, SourceUse } from '../core/ports.ts';
import type { BegunRun, Lease, RunFailure, RunLedger, RunProgress } from '../core/store-ports.ts';
import { toLookbackStart } from '../core/watermark.ts';
import { keepNoted } from './keep-noted.ts';
import { openMeter } from './meter.ts';
import { performTask, type RunTask, type TaskParts, type TaskResult } from './perform-task.ts';

export interface RunParts extends TaskParts {
  readonly clock: Clock;
  readonly ledger: RunLedger;
  readonly openSource: (run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly onEvent: (run: { readonly runId: string; readonly mode: RunMode }, event: SyncEventBody) => void;
  /** Told how to end the run at once, as soon as it has begun. */
  readonly onBegun: (runId: string, end: (reason: Error) => void) => void;
  /** Told of the run of somebody else that it waits for, as soon as it knows it. */
  readonly onJoined: (runId: string) => void;
  readonly newRunId: () => string;
  /** Whether the process ends: asked between calls, besides the run's own deadline. */
  readonly isClosing: () => boolean;
  readonly signal: AbortSignal;
}

export interface RunRequest {
  readonly task: RunTask;
  readonly pageId: string;
  readonly platform: Platform;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly maxDurationMs: number | undefined;
  readonly trigger: RunTrigger;
}

export interface RunEnd {
  readonly runId: string;
  /** Undefined for a run that somebody else does. */
  readonly result: TaskResult | undefined;
}

const RENEW_EVERY_MS = 5000;
const JOIN_POLL_MS = 250;

/**
 * Runs, or waits for the sync under way, for as long as the time allows; answers the run, which has ended unless the
 * time was over. Rejects when its own run failed, and with PAGE_BUSY when it had no run to wait for. History never
 * waits: undefined says that somebody else is at work on the Page.
 */
export async function runPage(parts: RunParts, request: RunRequest): Promise<RunEnd | undefined> {
  const { ledger, clock, signal } = parts;
  const { task, pageId, platform, trigger, maxDurationMs = Infinity } = request;
  const { purpose } = task;
  const forced = purpose === 'sync' && task.forced;
  const endsAt = clock.monotonicMs() + maxDurationMs;
  const deadline = { at: endsAt, isOver: () => parts.isClosing() || clock.monotonicMs() >= endsAt };
  let joined: string | undefined;
  for (;;) {
    const runId = parts.newRunId();
    const begun = await ledger.begin({ purpose, pageId, platform, runId, forced, trigger, insteadOf: joined });
    if (begun?.kind === 'begun') return { runId, result: await work(parts, request, { run: begun, deadline }) };
    if (purpose === 'history') return undefined;
    // A run of another kind has no answer to share; nor has one that does less than was asked for.
    const isOurs = begun !== undefined && isSync(begun.mode) && purpose === 'sync' && (begun.forced || !forced);
    if (isOurs && joined === undefined) {
      joined = begun.runId;
      parts.onJoined(joined);
    }
    // The lease of a dead process runs out while we wait, and then `begin` gives it to us.
    const state = joined === undefined ? 'running' : await ledger.stateOf(joined);
    if (joined !== undefined && (state === 'ended' || clock.monotonicMs() >= deadline.at)) {
      return { runId: joined, result: undefined };
    }
    // Somebody else has replaced the dead one: wait for that one then.
    if (state === 'abandoned') joined = undefined;
    if (parts.isClosing()) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed while it waited for a run.');
    if (deadline.isOver()) throw pageBusy(pageId);
    await clock.sleep(JOIN_POLL_MS, signal);
  }
}

/** For who has waited in vain. */
export function pageBusy(pageId: string): TidemarkError {
  return new TidemarkError('PAGE_BUSY', `Another run is at work on Page ${pageId}; the time to wait for it is over.`);
}

function isSync(mode: RunMode): boolean {
  return mode === 'full' || mode === 'incremental';
}

interface Turn {
  readonly run: BegunRun;
  /** The waiting for the Page included. */
  readonly deadline: Deadline;
}

async function work(parts: RunParts, request: RunRequest, { run, deadline }: Turn): Promise<TaskResult> {
  const { ledger, clock } = parts;
  const { lease, mode } = run;
  const startedAt = clock.monotonicMs();
  const meter = openMeter(clock, request.task.purpose);
  const emit: Emit = (event) => {
    meter.hear(event);
    parts.onEvent({ runId: lease.runId, mode }, event);
  };
  const ended = new AbortController();
  const signal = AbortSignal.any([parts.signal, ended.signal]);
  parts.onBegun(lease.runId, (reason) => ended.abort(reason));
  const keeping = keepLease(parts, lease, ended);
  const noting = keepNoted({ ledger, clock, lease, meter, signal: ended.signal });
  try {
    const lookbackStart = mode === 'incremental' ? toLookbackStart(run.watermark) : undefined;
    emit({ type: 'run-started', trigger: request.trigger, lookbackStart });
    parts.quotas.apply(lease, run.cooldowns);
    const source = meter.source(await parts.openSource(run, { emit, deadline: deadline.at }));
    const { task, depth } = request;
    const result = await performTask(parts, task, { begun: run, source, meter, clock, emit, depth, deadline, signal });
    const { status, counts } = result;
    emit({ type: 'run-finished', status, counts, durationMs: clock.monotonicMs() - startedAt });
    return result;
  } catch (error) {
    const failure = toTidemarkError(error);
    await recordFailure(ledger, lease, { failure, progress: meter.progress() });
    const { code, message } = failure;
    emit({ type: 'run-failed', code, message, durationMs: clock.monotonicMs() - startedAt });
    throw failure;
  } finally {
    ended.abort(new DOMException('The run has ended.', 'AbortError'));
    await Promise.all([keeping, noting]);
  }
}

/** Renews the lease until the run has ended, and ends it when it must not go on. */
async function keepLease({ ledger, clock, quotas }: RunParts, lease: Lease, ended: AbortController): Promise<void> {
  let renewedAt = clock.monotonicMs();
  while (!ended.signal.aborted) {
    try {
      await clock.sleep(RENEW_EVERY_MS, ended.signal);
      const { end, cooldowns } = await ledger.renew(lease);
      if (end !== undefined) ended.abort(end);
      quotas.apply(lease, cooldowns);
      renewedAt = clock.monotonicMs();
    } catch (error) {
      // The run has ended, or the database is away: for as long as the lease lasts, it may come back.
      if (!ended.signal.aborted && clock.monotonicMs() - renewedAt > LEASE_MS) ended.abort(error);
    }
  }
}

async function recordFailure(
  ledger: RunLedger,
  lease: Lease,
  { failure, progress }: { readonly failure: TidemarkError; readonly progress: RunProgress },
): Promise<void> {
  const { code, message } = failure;
  try {
    await ledger.fail(lease, { ...progress, code, message, pageStatus: toPageStatus(code) });
  } catch {
    // With the database away the lease runs out by itself; what is reported is what went wrong first.
  }
}

function toPageStatus(code: TidemarkError['code']): RunFailure['pageStatus'] {
  if (code === 'TOKEN_EXPIRED') return 'token_expired';
  if (code === 'PERMISSION_MISSING') return 'permission_missing';
  return code === 'THROTTLED' ? 'throttled' : undefined;
}
