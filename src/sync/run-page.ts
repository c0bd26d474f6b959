/**
 * One run of one Page, from the lease to the ledger: begins it or joins the one under way, keeps the lease while it
 * works, and records how it ended. However it ends, the lease is given back or runs out by itself.
 */
import { TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { SyncEventBody } from '../core/events.ts';
import { LEASE_MS, NO_COUNTS, type Platform, type RunMode, type RunTrigger } from '../core/model.ts';
import type {
  BegunRun,
  Clock,
  ConversationSource,
  Emit,
  HistoryStore,
  Lease,
  RunFailure,
  RunLedger,
  SyncResult,
  WalkStore,
} from '../core/ports.ts';
import { toCut } from '../core/watermark.ts';
import { collectHistory } from './history.ts';
import { syncPage } from './sync-page.ts';

export interface RunParts {
  readonly ledger: RunLedger;
  readonly clock: Clock;
  readonly openSource: (run: BegunRun, emit: Emit) => Promise<ConversationSource>;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  readonly onEvent: (run: { readonly runId: string; readonly mode: RunMode }, event: SyncEventBody) => void;
  readonly newRunId: () => string;
  /** Asked between calls, besides the run's own time budget. */
  readonly shouldStop: () => boolean;
  readonly signal: AbortSignal;
}

export interface RunRequest {
  /** A sync walks the conversations; history goes down in those that are known. */
  readonly purpose: 'sync' | 'history';
  readonly pageId: string;
  readonly platform: Platform;
  readonly forced: boolean;
  readonly sendHint: boolean;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly maxDurationMs: number | undefined;
  readonly trigger: RunTrigger;
}

const RENEW_EVERY_MS = 5000;
const JOIN_POLL_MS = 250;

/**
 * Runs, or waits for the sync under way; returns the id of the run that has ended. Rejects when its own run failed.
 * History never waits: undefined says that somebody else is at work on the Page.
 */
export async function runPage(parts: RunParts, request: RunRequest): Promise<string | undefined> {
  const { ledger, clock, signal } = parts;
  let joined: string | undefined;
  for (;;) {
    const begun = await ledger.begin({ ...request, runId: parts.newRunId(), insteadOf: joined });
    if (begun?.kind === 'begun') return work(parts, request, begun);
    if (request.purpose === 'history') return undefined;
    // A history run steps aside by itself and has no answer to share.
    if (begun !== undefined && begun.mode !== 'history') joined ??= begun.runId;
    // The lease of a dead process runs out while we wait, and then `begin` gives it to us.
    const state = joined === undefined ? 'running' : await ledger.stateOf(joined);
    if (state === 'ended') return joined;
    // Somebody else has replaced the dead one: wait for that one then.
    if (state === 'abandoned') joined = undefined;
    if (parts.shouldStop()) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed while it waited for a sync.');
    await clock.sleep(JOIN_POLL_MS, signal);
  }
}

async function work(parts: RunParts, request: RunRequest, run: BegunRun): Promise<string> {
  const { ledger, clock } = parts;
  const { lease, mode } = run;
  const startedAt = clock.now();
  const emit: Emit = (event) => parts.onEvent({ runId: lease.runId, mode }, event);
  const ended = new AbortController();
  const signal = AbortSignal.any([parts.signal, ended.signal]);
  const keeping = keepLease(parts, lease, ended);
  const shouldStop = () => parts.shouldStop() || clock.now() - startedAt >= (request.maxDurationMs ?? Infinity);
  let source: ConversationSource | undefined;
  try {
    const cutAt = mode === 'incremental' ? toCut(run.watermark) : undefined;
    emit({ type: 'run-started', trigger: request.trigger, cutAt });
    source = await parts.openSource(run, emit);
    const doIt = request.purpose === 'sync' ? walk : digDown;
    const { status, counts } = await doIt({ ...parts, source, emit, signal, shouldStop }, request, run);
    emit({ type: 'run-finished', status, counts, durationMs: clock.now() - startedAt });
    return lease.runId;
  } catch (error) {
    const failure = toTidemarkError(error);
    await recordFailure(ledger, lease, { failure, graphCalls: source?.callCount() ?? 0 });
    const { code, message } = failure;
    emit({ type: 'run-failed', code, message, durationMs: clock.now() - startedAt });
    throw failure;
  } finally {
    ended.abort(new DOMException('The run has ended.', 'AbortError'));
    await keeping;
  }
}

interface WorkParts extends RunParts {
  readonly source: ConversationSource;
  readonly emit: Emit;
}

function walk(parts: WorkParts, request: RunRequest, run: BegunRun): Promise<SyncResult> {
  const { forced, sendHint, depth } = request;
  const mode = run.mode === 'incremental' ? 'incremental' : 'full';
  return syncPage(
    { ...parts, store: parts.openStore(run.lease) },
    { mode, forced, sendHint, depth, shouldStop: parts.shouldStop, state: run },
  );
}

async function digDown(parts: WorkParts, { depth }: RunRequest, { lease }: BegunRun): Promise<SyncResult> {
  const { source, shouldStop } = parts;
  const store = parts.openHistory(lease);
  await collectHistory({ ...parts, store }, { depth, shouldStop });
  const graphCalls = source.callCount();
  return { status: await store.finish({ depth, graphCalls }), counts: { ...NO_COUNTS, graphCalls } };
}

/** Renews the lease until the run has ended; ends the run when another process has taken the lease over. */
async function keepLease({ ledger, clock }: RunParts, lease: Lease, ended: AbortController): Promise<void> {
  let renewedAt = clock.now();
  while (!ended.signal.aborted) {
    try {
      await clock.sleep(RENEW_EVERY_MS, ended.signal);
      const lost = await ledger.renew(lease);
      if (lost !== undefined) ended.abort(lost);
      renewedAt = clock.now();
    } catch (error) {
      // The run has ended, or the database is away: for as long as the lease lasts, it may come back.
      if (!ended.signal.aborted && clock.now() - renewedAt > LEASE_MS) ended.abort(error);
    }
  }
}

async function recordFailure(
  ledger: RunLedger,
  lease: Lease,
  { failure, graphCalls }: { readonly failure: TidemarkError; readonly graphCalls: number },
): Promise<void> {
  const { code, message } = failure;
  try {
    await ledger.fail(lease, { code, message, graphCalls, pageStatus: toPageStatus(code) });
  } catch {
    // With the database away the lease runs out by itself; what is reported is what went wrong first.
  }
}

function toPageStatus(code: TidemarkError['code']): RunFailure['pageStatus'] {
  if (code === 'TOKEN_EXPIRED') return 'token_expired';
  if (code === 'PERMISSION_MISSING') return 'permission_missing';
  return code === 'THROTTLED' ? 'throttled' : undefined;
}
