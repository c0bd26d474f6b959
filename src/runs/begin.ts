/** Begins a run of a channel, or joins the one under way: whoever has no lease waits for it, or for the run of another. */
import { TidemarkError } from '../core/errors.ts';
import type { Channel, RunMode, RunTrigger } from '../core/model.ts';
import { type CallerTime, startTime } from './deadline.ts';
import { performRun, type RunParts } from './perform-run.ts';
import type { RunTask, TaskResult } from './perform-task.ts';

export interface BeginParts extends RunParts {
  readonly newRunId: () => string;
  /** Told of the run of somebody else that it waits for, as soon as it knows it. */
  readonly onJoined: (runId: string) => void;
}

export interface RunRequest {
  readonly task: RunTask;
  readonly channel: Channel;
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

const JOIN_POLL_MS = 250;

/**
 * Runs, or waits for the sync under way, for as long as the time allows; answers the run, which has ended unless the
 * time was over. Rejects when its own run failed, and with PAGE_BUSY when it had no run to wait for. History never
 * waits: undefined says that somebody else is at work on the channel.
 */
export async function runChannel(parts: BeginParts, request: RunRequest): Promise<RunEnd | undefined> {
  const { runStore, clock, signal } = parts;
  const { task, channel, trigger } = request;
  const { purpose } = task;
  const forced = purpose === 'sync' && task.forced;
  const time = startTime(clock, request.maxDurationMs);
  const deadline = { at: time.at, isOver: () => parts.isClosing() || time.isOver() };
  let joined: string | undefined;
  for (;;) {
    const runId = parts.newRunId();
    const begun = await runStore.begin({ ...channel, purpose, runId, forced, trigger, insteadOf: joined });
    if (begun?.kind === 'begun') {
      return { runId, result: await performRun(parts, { ...request, run: begun, deadline }) };
    }
    if (purpose === 'history' || purpose === 'contacts') return undefined;
    // A run of another kind has no answer to share; nor has one that does less than was asked for.
    const isOurs = begun !== undefined && isSync(begun.mode) && purpose === 'sync' && (begun.forced || !forced);
    if (isOurs && joined === undefined) {
      joined = begun.runId;
      parts.onJoined(joined);
    }
    // The lease of a dead process runs out while we wait, and then `begin` gives it to us.
    const state = joined === undefined ? 'running' : await runStore.stateOf(joined);
    if (joined !== undefined && (state === 'ended' || time.isOver())) return { runId: joined, result: undefined };
    // Somebody else has replaced the dead one: wait for that one then.
    if (state === 'abandoned') joined = undefined;
    requireTime(parts, channel, time);
    await clock.sleep(JOIN_POLL_MS, signal);
  }
}

function requireTime({ isClosing }: BeginParts, channel: Channel, time: CallerTime): void {
  if (isClosing()) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed while it waited for a run.');
  if (time.isOver()) throw pageBusy(channel);
}

/** For who has waited in vain. */
export function pageBusy({ pageId, platform }: Channel): TidemarkError {
  return new TidemarkError(
    'PAGE_BUSY',
    `Another run is at work on Page ${pageId} (${platform}); the time to wait for it is over.`,
  );
}

function isSync(mode: RunMode): boolean {
  return mode === 'full' || mode === 'incremental';
}
