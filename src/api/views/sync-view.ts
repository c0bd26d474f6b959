/** Syncs as they are shown: of one Page, as a row of many, and of all. */
import type { TidemarkError } from '../../core/errors.ts';
import type { OpenRetry, Page, Run, SyncMode } from '../../core/model.ts';
import type { SyncAllAnswer, SyncAllRow, SyncAnswer } from '../sync.ts';
import { toIso, toIsoOrNull, toSeconds } from './in-words.ts';
import { nameOf } from './page-view.ts';

/** The answer of one channel whose run has not failed; one that still runs is partial so far. */
export function toSyncView(
  page: Pick<Page, 'id' | 'facebookPageId'>,
  run: Run,
  openRetries: readonly OpenRetry[],
): Omit<SyncAnswer, 'channels'> {
  const syncMode: SyncMode = run.mode === 'full' ? 'full' : 'incremental';
  const durationMs = Math.max(0, Math.round((run.finishedAt ?? run.startedAt) - run.startedAt));
  const { synced, inserted, updated, skipped, deleted, eventsCreated, graphCalls } = run;
  return {
    success: true,
    syncMode,
    synced,
    inserted,
    updated,
    message: describeSync(syncMode, { synced, skipped, eventsCreated }),
    skipped,
    checked: synced + skipped,
    deleted,
    total: run.listed,
    eventsCreated,
    status: run.status === 'succeeded' ? 'succeeded' : 'partial',
    durationMs,
    duration: toSeconds(durationMs),
    runId: run.id,
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: run.pageName ?? null,
    graphCalls,
    lastSyncedAt: toIsoOrNull(run.lastSyncedAt),
    code: run.errorCode,
    reason: run.errorMessage,
    openRetries: openRetries.map(({ firstFailedAt, nextAttemptAt, ...entry }) => ({
      ...entry,
      firstFailedAt: toIso(firstFailedAt),
      nextAttemptAt: toIso(nextAttemptAt),
    })),
  };
}

export function toSyncRowView(answer: SyncAnswer): SyncAllRow {
  const { pageId, facebookPageId, pageName, success, syncMode, synced, inserted, updated, skipped, checked } = answer;
  const { eventsCreated, graphCalls, status, durationMs, code, reason, openRetries, channels } = answer;
  const counted = { synced, inserted, updated, skipped, checked, eventsCreated, graphCalls };
  const why = { ...(code !== undefined && { code }), ...(reason !== undefined && { error: reason }) };
  const page = { pageId, facebookPageId, pageName };
  return { ...page, success, syncMode, ...counted, status, durationMs, ...why, openRetries, channels };
}

export function toFailedRowView(page: Page, error: TidemarkError, durationMs: number): SyncAllRow {
  return {
    ...nameOf(page),
    success: false,
    synced: 0,
    inserted: 0,
    updated: 0,
    skipped: 0,
    checked: 0,
    eventsCreated: 0,
    graphCalls: 0,
    status: 'failed',
    durationMs,
    error: error.message,
    code: error.code,
  };
}

/** `success` says that every Page succeeded. */
export function toSyncAllView(results: readonly SyncAllRow[], durationMs: number): SyncAllAnswer {
  const sum = (count: (row: SyncAllRow) => number) => results.reduce((total, row) => total + count(row), 0);
  const successCount = results.filter((row) => row.success).length;
  const totalSynced = sum((row) => row.synced);
  return {
    success: successCount === results.length,
    totalPages: results.length,
    results,
    totals: {
      totalSynced,
      totalInserted: sum((row) => row.inserted),
      totalUpdated: sum((row) => row.updated),
      totalSkipped: sum((row) => row.skipped),
      totalChecked: sum((row) => row.checked),
      totalEvents: sum((row) => row.eventsCreated),
      successCount,
      failureCount: results.length - successCount,
    },
    message: `Synced ${totalSynced} conversation(s) across ${successCount} of ${results.length} page(s)`,
    durationMs,
    duration: toSeconds(durationMs),
  };
}

export function describeSync(
  mode: SyncMode,
  { synced, skipped, eventsCreated }: Pick<SyncAnswer, 'synced' | 'skipped' | 'eventsCreated'>,
): string {
  const name = mode === 'full' ? 'Full' : 'Incremental';
  // All were collected again, and none of them differed.
  if (mode === 'full' && synced === 0 && skipped > 0) return `${name} sync: ${skipped} conversations, nothing changed`;
  if (eventsCreated === 0) return `${name} sync: ${synced} conversations`;
  return `${name} sync: ${synced} conversation(s) with ${eventsCreated} events`;
}
