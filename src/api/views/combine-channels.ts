/**
 * One answer for a Page out of what came of its channels. A channel that failed is part of the answer as long as another
 * did not: only when all of them failed is there nothing to answer but the failure.
 */
import type { TidemarkError } from '../../core/errors.ts';
import type { Instant, Platform } from '../../core/model.ts';
import type { HistoryRow } from '../history.ts';
import type { ChannelSyncAnswer, SyncAnswer } from '../sync.ts';
import type { ChannelVerifyAnswer, VerifyAnswer } from '../verify.ts';
import { toIsoOrNull, toSeconds } from './in-words.ts';
import { describeSync } from './sync-view.ts';
import { describeVerify } from './verify-view.ts';

/** What came of one channel: an answer as if the Page had no other, or why there is none. */
export type ChannelOutcome<Answer> = {
  readonly platform: Platform;
  /** Of the channel, in case that it failed. */
  readonly lastSyncedAt: Instant | undefined;
  readonly durationMs: number;
} & ({ readonly answer: Answer } | { readonly error: TidemarkError });

type SyncOutcome = ChannelOutcome<Omit<SyncAnswer, 'channels'>>;
type VerifyOutcome = ChannelOutcome<Omit<VerifyAnswer, 'channels'>>;

/** The failure of the first channel when every one failed. */
export function combineSyncs(outcomes: readonly SyncOutcome[]): SyncAnswer | TidemarkError {
  const answers = answersOf(outcomes);
  const [first] = answers;
  if (first === undefined) return firstError(outcomes);
  const channels = outcomes.map(toChannelSync);
  const sum = sumOf(answers);
  const syncMode = answers.some((answer) => answer.syncMode === 'full') ? 'full' : 'incremental';
  const [synced, skipped, eventsCreated] = [sum('synced'), sum('skipped'), sum('eventsCreated')];
  const durationMs = longest(outcomes);
  return {
    ...first,
    syncMode,
    synced,
    inserted: sum('inserted'),
    updated: sum('updated'),
    message: describeSync(syncMode, { synced, skipped, eventsCreated }),
    skipped,
    checked: synced + skipped,
    deleted: sum('deleted'),
    total: sum('total'),
    eventsCreated,
    status: channels.every(({ status }) => status === 'succeeded') ? 'succeeded' : 'partial',
    durationMs,
    duration: toSeconds(durationMs),
    graphCalls: sum('graphCalls'),
    lastSyncedAt: oldest(channels.map(({ lastSyncedAt }) => lastSyncedAt)),
    ...whyPartial(outcomes),
    openRetries: answers.flatMap(({ openRetries }) => openRetries),
    channels,
  };
}

/** The failure of the first channel when every one failed. */
export function combineVerifies(outcomes: readonly VerifyOutcome[]): VerifyAnswer | TidemarkError {
  const answers = answersOf(outcomes);
  const [first] = answers;
  if (first === undefined) return firstError(outcomes);
  const channels = outcomes.map(toChannelVerify);
  const sum = sumOf(answers);
  const count = (kind: keyof VerifyAnswer['counts']) => answers.reduce((all, { counts }) => all + counts[kind], 0);
  const durationMs = longest(outcomes);
  const counts = {
    missing: count('missing'),
    stale: count('stale'),
    deleted: count('deleted'),
    missedBySync: count('missedBySync'),
  };
  const complete = channels.every((channel) => channel.complete);
  const [total, repaired] = [sum('total'), sum('repaired')];
  return {
    ...first,
    missing: answers.flatMap((answer) => answer.missing),
    stale: answers.flatMap((answer) => answer.stale),
    deleted: answers.flatMap((answer) => answer.deleted),
    repaired,
    counts,
    inconclusive: answers.find((answer) => answer.inconclusive !== null)?.inconclusive ?? null,
    complete,
    total,
    status: channels.every(({ status }) => status === 'succeeded') ? 'succeeded' : 'partial',
    graphCalls: sum('graphCalls'),
    durationMs,
    duration: toSeconds(durationMs),
    message:
      answers.length === 1
        ? first.message
        : describeVerify({ total, complete, counts, repaired: repaired > 0 ? repaired : undefined }),
    ...whyPartial(outcomes),
    channels,
  };
}

/** Of one Page, at least one. */
export function combineHistories(rows: readonly [HistoryRow, ...HistoryRow[]]): HistoryRow {
  const [first] = rows;
  const trouble = rows.find((row) => row.status === 'failed');
  const all = (status: HistoryRow['status']) => rows.every((row) => row.status === status);
  const whole = (['succeeded', 'busy', 'failed'] as const).find(all);
  return {
    ...first,
    status: whole ?? 'partial',
    eventsCreated: rows.reduce((sum, row) => sum + row.eventsCreated, 0),
    graphCalls: rows.reduce((sum, row) => sum + row.graphCalls, 0),
    ...(trouble?.error !== undefined && { error: trouble.error }),
    ...(trouble?.code !== undefined && { code: trouble.code }),
  };
}

function toChannelSync(outcome: SyncOutcome): ChannelSyncAnswer {
  const { platform, durationMs } = outcome;
  if ('error' in outcome) {
    const none = { synced: 0, inserted: 0, updated: 0, skipped: 0, checked: 0, eventsCreated: 0, graphCalls: 0 };
    const lastSyncedAt = toIsoOrNull(outcome.lastSyncedAt);
    return { platform, ...none, status: 'failed', lastSyncedAt, durationMs, ...toTrouble(outcome.error) };
  }
  const { runId, syncMode, synced, inserted, updated, skipped, checked, eventsCreated } = outcome.answer;
  const { status, lastSyncedAt, graphCalls, code, reason } = outcome.answer;
  return {
    platform,
    runId,
    syncMode,
    synced,
    inserted,
    updated,
    skipped,
    checked,
    eventsCreated,
    status,
    lastSyncedAt,
    graphCalls,
    durationMs: outcome.answer.durationMs,
    ...(reason !== undefined && { error: reason }),
    ...(code !== undefined && { code }),
  };
}

function toChannelVerify(outcome: VerifyOutcome): ChannelVerifyAnswer {
  const { platform, durationMs } = outcome;
  if ('error' in outcome) {
    const none = { total: 0, repaired: 0, counts: { missing: 0, stale: 0, deleted: 0, missedBySync: 0 } };
    return {
      platform,
      ...none,
      complete: false,
      status: 'failed',
      graphCalls: 0,
      durationMs,
      ...toTrouble(outcome.error),
    };
  }
  const { runId, counts, repaired, complete, total, status, graphCalls } = outcome.answer;
  return { platform, runId, total, counts, repaired, complete, status, graphCalls, durationMs };
}

function toTrouble({ message, code }: TidemarkError) {
  return { error: message, code };
}

/** A failure says more than a cut: it will not pass by itself. */
function whyPartial(outcomes: readonly (SyncOutcome | VerifyOutcome)[]): { code?: string; reason?: string } {
  const named = (platform: Platform, reason: string) =>
    outcomes.length === 1 ? reason : `${platform === 'instagram' ? 'Instagram' : 'Messenger'}: ${reason}`;
  for (const outcome of outcomes) {
    if ('error' in outcome) {
      return { code: outcome.error.code, reason: named(outcome.platform, outcome.error.message) };
    }
  }
  for (const outcome of outcomes) {
    if (!('answer' in outcome)) continue;
    const { code, reason } = outcome.answer;
    if (code !== undefined) return { code, ...(reason !== undefined && { reason: named(outcome.platform, reason) }) };
  }
  return {};
}

function answersOf<Answer>(outcomes: readonly ChannelOutcome<Answer>[]): readonly Answer[] {
  return outcomes.flatMap((outcome) => ('answer' in outcome ? [outcome.answer] : []));
}

function firstError(outcomes: readonly ChannelOutcome<unknown>[]): TidemarkError {
  for (const outcome of outcomes) if ('error' in outcome) return outcome.error;
  throw new RangeError('A Page has at least one channel.');
}

function sumOf<Answer>(answers: readonly Answer[]) {
  return (field: { [Key in keyof Answer]: Answer[Key] extends number ? Key : never }[keyof Answer]): number =>
    answers.reduce((sum, answer) => sum + (answer[field] as number), 0);
}

/** They went on side by side. */
function longest(outcomes: readonly ChannelOutcome<{ readonly durationMs: number }>[]): number {
  return Math.max(...outcomes.map((one) => ('answer' in one ? one.answer.durationMs : one.durationMs)));
}

/** ISO instants; null when one of them is. */
function oldest(instants: readonly (string | null)[]): string | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length < instants.length ? null : (known.toSorted()[0] ?? null);
}
