/** How what the engine knows is said to its users: the same JSON for the library, the command line and HTTP. */
import type { HistoryAnswer, HistoryRow } from './api/history.ts';
import type { PageAnswer } from './api/pages.ts';
import type { RunAnswer } from './api/runs.ts';
import type { SyncAllAnswer, SyncAllRow, SyncAnswer } from './api/sync.ts';
import type { VerifyAllAnswer, VerifyAnswer, VerifyFailure } from './api/verify.ts';
import type { TidemarkError } from './errors.ts';
import type { Finding, FindingKind } from './findings.ts';
import type { Instant, OpenRetry, Page, Run, SyncMode } from './model.ts';

export function toPageAnswer(page: Page): PageAnswer {
  return {
    id: page.id,
    facebookPageId: page.facebookPageId,
    name: page.name ?? null,
    isActive: page.isActive,
    status: page.status,
    statusDetail: page.statusDetail ?? null,
    instagramAccountId: page.instagramAccountId ?? null,
    lastSyncedAt: toIsoOrNull(page.lastSyncedAt),
    createdAt: toIso(page.createdAt),
    updatedAt: toIso(page.updatedAt),
  };
}

type PageIds = Pick<Page, 'id' | 'facebookPageId'>;

/** The answer of a run that has not failed; one that still runs is partial so far. */
export function toSyncAnswer(page: PageIds, run: Run, openRetries: readonly OpenRetry[]): SyncAnswer {
  const syncMode: SyncMode = run.mode === 'full' ? 'full' : 'incremental';
  const durationMs = Math.max(0, Math.round((run.finishedAt ?? run.startedAt) - run.startedAt));
  const { synced, inserted, updated, skipped, deleted, eventsCreated, graphCalls } = run;
  return {
    success: true,
    syncMode,
    synced,
    inserted,
    updated,
    message: describe(syncMode, synced, eventsCreated),
    skipped,
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
    lastSyncedAt: toIsoOrNull(run.pageLastSyncedAt),
    code: run.errorCode,
    reason: run.errorMessage,
    openRetries: openRetries.map(({ firstFailedAt, nextAttemptAt, ...entry }) => ({
      ...entry,
      firstFailedAt: toIso(firstFailedAt),
      nextAttemptAt: toIso(nextAttemptAt),
    })),
  };
}

export function toSyncRow(answer: SyncAnswer): SyncAllRow {
  const { pageId, facebookPageId, pageName, success, syncMode, synced, inserted, updated } = answer;
  const { eventsCreated, graphCalls, status, durationMs, code, reason, openRetries } = answer;
  const counted = { synced, inserted, updated, eventsCreated, graphCalls };
  const why = { ...(code !== undefined && { code }), ...(reason !== undefined && { error: reason }) };
  return { pageId, facebookPageId, pageName, success, syncMode, ...counted, status, durationMs, ...why, openRetries };
}

export function toFailedRow(page: Page, error: TidemarkError, durationMs: number): SyncAllRow {
  return {
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: page.name ?? null,
    success: false,
    synced: 0,
    inserted: 0,
    updated: 0,
    eventsCreated: 0,
    graphCalls: 0,
    status: 'failed',
    durationMs,
    error: error.message,
    code: error.code,
  };
}

/** `success` says that every Page succeeded. */
export function toSyncAllAnswer(results: readonly SyncAllRow[], durationMs: number): SyncAllAnswer {
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
      totalEvents: sum((row) => row.eventsCreated),
      successCount,
      failureCount: results.length - successCount,
    },
    message: `Synced ${totalSynced} conversation(s) across ${successCount} of ${results.length} page(s)`,
    durationMs,
    duration: toSeconds(durationMs),
  };
}

export interface VerifyOutcome {
  readonly runId: string;
  readonly findings: readonly Finding[];
  readonly counts: VerifyAnswer['counts'] & { readonly repaired: number };
  readonly inconclusive: string | undefined;
  readonly listed: number;
  readonly isComplete: boolean;
  readonly repairs: boolean;
  readonly graphCalls: number;
  readonly durationMs: number;
}

export function toVerifyAnswer(page: Page, outcome: VerifyOutcome): VerifyAnswer {
  const { findings, isComplete, repairs, inconclusive, durationMs, graphCalls, runId } = outcome;
  const { repaired, ...counts } = outcome.counts;
  const all = counts.missing + counts.stale + counts.deleted;
  const isDone = isComplete && inconclusive === undefined && (!repairs || repaired === all);
  const ofKind = (kind: FindingKind) => findings.filter((finding) => finding.kind === kind).map(toFindingAnswer);
  return {
    success: true,
    runId,
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: page.name ?? null,
    missing: ofKind('missing'),
    stale: ofKind('stale'),
    deleted: ofKind('deleted'),
    repaired,
    counts,
    inconclusive: inconclusive ?? null,
    complete: isComplete,
    total: outcome.listed,
    status: isDone ? 'succeeded' : 'partial',
    graphCalls,
    durationMs,
    duration: toSeconds(durationMs),
    message: describeVerify(outcome),
  };
}

export function toVerifyFailure(page: Page, { message, code }: TidemarkError): VerifyFailure {
  const { id, facebookPageId, name } = page;
  return { success: false, pageId: id, facebookPageId, pageName: name ?? null, error: message, code };
}

/** `success` says that every Page could be verified, not that nothing differs. */
export function toVerifyAllAnswer(results: VerifyAllAnswer['results']): VerifyAllAnswer {
  const verified = results.filter((row) => row.success);
  const differing = verified.filter(({ counts }) => counts.missing + counts.stale + counts.deleted > 0);
  return {
    success: verified.length === results.length,
    totalPages: results.length,
    results,
    message: `Verified ${verified.length} of ${results.length} page(s): ${differing.length} differ from Facebook`,
  };
}

function toFindingAnswer({ conversationId, contactName, updatedAt, missedBySync, repaired }: Finding) {
  return {
    conversationId,
    contactName: contactName ?? null,
    updatedTime: toIsoOrNull(updatedAt),
    missedBySync,
    repaired,
  };
}

function describeVerify({ listed, counts, isComplete, repairs }: VerifyOutcome): string {
  const compared = `${listed} conversations compared${isComplete ? '' : ', not all yet'}`;
  const { missing, stale, deleted, repaired, missedBySync } = counts;
  if (missing + stale + deleted === 0) return `${compared}: nothing differs`;
  const differing = `${missing} missing, ${stale} stale, ${deleted} deleted`;
  const blame = missedBySync === 0 ? 'no sync has missed any' : `syncs have missed ${missedBySync}`;
  return `${compared}: ${differing}${repairs ? `, ${repaired} repaired` : ''}; ${blame}`;
}

/** From the run as it was recorded; none when somebody else was at work; or from what went wrong. */
export function toHistoryRow(page: Page, outcome: Run | TidemarkError | undefined): HistoryRow {
  const named = { pageId: page.id, facebookPageId: page.facebookPageId, pageName: page.name ?? null };
  if (outcome === undefined) return { ...named, status: 'busy', eventsCreated: 0, graphCalls: 0 };
  if (outcome instanceof Error) {
    const { message, code } = outcome;
    return { ...named, status: 'failed', eventsCreated: 0, graphCalls: 0, error: message, code };
  }
  const { status, eventsCreated, graphCalls } = outcome;
  return { ...named, status: status === 'succeeded' ? 'succeeded' : 'partial', eventsCreated, graphCalls };
}

export function toHistoryAnswer(results: readonly HistoryRow[]): HistoryAnswer {
  return {
    results,
    totalEvents: results.reduce((total, row) => total + row.eventsCreated, 0),
    totalCalls: results.reduce((total, row) => total + row.graphCalls, 0),
  };
}

export function toRunAnswer(run: Run): RunAnswer {
  return {
    id: run.id,
    pageId: run.pageId,
    pageName: run.pageName ?? null,
    platform: run.platform,
    mode: run.mode,
    trigger: run.trigger,
    status: run.status,
    startedAt: toIso(run.startedAt),
    finishedAt: toIsoOrNull(run.finishedAt),
    synced: run.synced,
    inserted: run.inserted,
    updated: run.updated,
    skipped: run.skipped,
    deleted: run.deleted,
    eventsCreated: run.eventsCreated,
    listed: run.listed,
    graphCalls: run.graphCalls,
    phases: run.phases,
    errorCode: run.errorCode ?? null,
    errorMessage: run.errorMessage ?? null,
  };
}

function describe(mode: SyncMode, synced: number, eventsCreated: number): string {
  const name = mode === 'full' ? 'Full' : 'Incremental';
  if (eventsCreated === 0) return `${name} sync: ${synced} conversations`;
  return `${name} sync: ${synced} conversation(s) with ${eventsCreated} events`;
}

function toSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)}s`;
}

function toIso(at: Instant): string {
  return new Date(at).toISOString();
}

function toIsoOrNull(at: Instant | undefined): string | null {
  return at === undefined ? null : toIso(at);
}
