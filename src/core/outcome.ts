/**
 * How a walk ends: the one place that decides what its run has proved, and what the next one begins with. Only a walk
 * that came to its end moves the watermark (I1).
 */
import { type GraphError, isGraphError, isRefusal, isTidemarkError, type TidemarkError } from './errors.ts';
import type { Instant, SyncMode } from './model.ts';
import type { SurveyBatch } from './plan.ts';
import type { Checkpoint, RunReason, SyncOutcome } from './store-ports.ts';

/** What a walk is for: to collect what changed; to compare everything, with repair or without. */
export type WalkPurpose = 'sync' | 'repair' | 'inspect';

/** How far the list was walked. */
export type WalkEnd =
  | { readonly kind: 'complete'; readonly nextWatermark: Instant | undefined }
  /** The time was over, or somebody else wants the Page. */
  | { readonly kind: 'stopped'; readonly checkpoint: Checkpoint | undefined }
  /** Facebook refuses the list from its head on. */
  | { readonly kind: 'refused'; readonly error: GraphError }
  /** Facebook asked for quiet. The checkpoint is behind all that is collected. */
  | { readonly kind: 'throttled'; readonly error: TidemarkError; readonly checkpoint: Checkpoint | undefined };

/**
 * What was found out about stored conversations that the list did not show. `doubtful`: so many that the list is not
 * to be believed. `stopped`: there was no time to find out.
 */
export type Settled = 'whole' | 'doubtful' | 'stopped';

export type Outcome =
  | { readonly kind: 'ended'; readonly end: SyncOutcome['end']; readonly reason?: RunReason }
  | { readonly kind: 'failed'; readonly error: TidemarkError; readonly checkpoint: Checkpoint | undefined };

export interface Verdict {
  readonly purpose: WalkPurpose;
  readonly mode: SyncMode;
  readonly walk: WalkEnd;
  /** Counts only for a complete walk. */
  readonly settled: Settled;
  /** When the walk began, and the checkpoint that this run began with. */
  readonly startedAt: Instant;
  readonly checkpoint: Checkpoint | undefined;
}

export function decideOutcome({ purpose, mode, walk, settled, startedAt, checkpoint }: Verdict): Outcome {
  switch (walk.kind) {
    case 'refused':
      if (purpose !== 'sync') return { kind: 'failed', error: walk.error, checkpoint: undefined };
      return { kind: 'ended', end: { kind: 'stopped', checkpoint }, reason: toPartialReason(walk.error) };
    case 'throttled':
      // A quota that is smaller than the list must not have each run begin at the head of it.
      return {
        kind: 'failed',
        error: walk.error,
        checkpoint: purpose === 'sync' && mode === 'full' ? walk.checkpoint : undefined,
      };
    case 'stopped':
      return { kind: 'ended', end: walk };
    case 'complete':
      return { kind: 'ended', end: toEnd(purpose, settled, { startedAt, nextWatermark: walk.nextWatermark }) };
  }
}

function toEnd(
  purpose: WalkPurpose,
  settled: Settled,
  { startedAt, nextWatermark }: Pick<Checkpoint, 'startedAt' | 'nextWatermark'>,
): SyncOutcome['end'] {
  // The list was met; what is left is to find out about those that it did not show.
  if (settled === 'stopped') return { kind: 'stopped', checkpoint: { after: undefined, nextWatermark, startedAt } };
  if (purpose === 'inspect') return { kind: 'inspected' };
  if (settled === 'doubtful') return { kind: 'stopped', checkpoint: undefined };
  return { kind: 'complete', watermark: nextWatermark };
}

/** How a walk ends that stops behind a list page. */
export function stopBehind(batch: SurveyBatch, startedAt: Instant): WalkEnd {
  // The main pass was whole, so a recheck may stop anywhere.
  if (batch.pass === 'recheck') return { kind: 'complete', nextWatermark: batch.nextWatermark };
  return { kind: 'stopped', checkpoint: checkpointBehind(batch, startedAt) };
}

/** Where the next walk goes on behind a list page; undefined when it has to begin again, or has nothing left to do. */
export function checkpointBehind(batch: SurveyBatch | undefined, startedAt: Instant): Checkpoint | undefined {
  if (batch?.next === undefined) return undefined;
  // A list under the filter is not the whole list.
  if (batch.pass !== 'main') return undefined;
  const { next: after, nextWatermark, disordered } = batch;
  return { after, nextWatermark, startedAt, ...(disordered ? { toEnd: true } : {}) };
}

export function isThrottled(error: unknown): error is TidemarkError {
  return isTidemarkError(error) && error.code === 'THROTTLED';
}

/** A fault of Facebook that stays, however little is asked for; not one of the token, the quota or the network. */
export function isListRefused(error: unknown): error is GraphError {
  const kinds = ['transient', 'too-much-data', 'invalid'] as const;
  return isRefusal(error) && kinds.some((kind) => isGraphError(error, kind));
}

/** Conversations that a run reads singly when Facebook refuses the list: each is a call, and the list may be back soon. */
export const MOST_FALLBACK_READS = 25;

function toPartialReason({ message }: GraphError): RunReason {
  const instead = `Instead, up to ${MOST_FALLBACK_READS} known conversations were read one by one, newest first.`;
  return { code: 'LIST_REFUSED', message: `${message} ${instead} The next sync tries the list again.` };
}
