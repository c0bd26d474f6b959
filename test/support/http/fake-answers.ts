/** For tests of the HTTP API: what syncing and verifying any Page answers. */
import type { DueAnswer } from '../../../src/api/jobs.ts';
import type { PageAnswer } from '../../../src/api/pages.ts';
import type { SyncAllAnswer, SyncAllRequest, SyncAnswer } from '../../../src/api/sync.ts';
import type { VerifyAnswer, VerifyRequest } from '../../../src/api/verify.ts';

const RUN_ID = '00000000-0000-4000-8000-0000000000aa';
const AT = '2026-03-01T09:30:00.000Z';

export function fakeSyncAnswer(page: PageAnswer, { forceFull }: SyncAllRequest): SyncAnswer {
  const full = forceFull === true || page.lastSyncedAt === null;
  return {
    success: true,
    syncMode: full ? 'full' : 'incremental',
    synced: 5,
    inserted: 3,
    updated: 2,
    message: `${full ? 'Full' : 'Incremental'} sync: 5 conversation(s) with 12 events`,
    skipped: 0,
    deleted: 0,
    total: 5,
    eventsCreated: 12,
    status: 'succeeded',
    durationMs: 640,
    duration: '0.64s',
    runId: RUN_ID,
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: page.name,
    graphCalls: 2,
    lastSyncedAt: AT,
    openRetries: [],
  };
}

/** The second Page fails. */
export function fakeSyncAllAnswer(
  [first, second]: readonly [PageAnswer, PageAnswer],
  request: SyncAllRequest,
): SyncAllAnswer {
  const one = fakeSyncAnswer(first, request);
  return {
    success: false,
    totalPages: 2,
    results: [
      {
        pageId: one.pageId,
        facebookPageId: one.facebookPageId,
        pageName: one.pageName,
        success: true,
        syncMode: one.syncMode,
        synced: one.synced,
        inserted: one.inserted,
        updated: one.updated,
        eventsCreated: one.eventsCreated,
        graphCalls: one.graphCalls,
        status: one.status,
        durationMs: one.durationMs,
      },
      {
        pageId: second.id,
        facebookPageId: second.facebookPageId,
        pageName: second.name,
        success: false,
        synced: 0,
        inserted: 0,
        updated: 0,
        eventsCreated: 0,
        graphCalls: 1,
        status: 'failed',
        durationMs: 90,
        error: 'Facebook no longer accepts the token of Page 2; connect it again.',
        code: 'TOKEN_EXPIRED',
      },
    ],
    totals: {
      totalSynced: 5,
      totalInserted: 3,
      totalUpdated: 2,
      totalEvents: 12,
      successCount: 1,
      failureCount: 1,
    },
    message: '1 of 2 Pages synced',
    durationMs: 700,
    duration: '0.70s',
  };
}

/** One conversation is missing, and one is gone. */
export function fakeVerifyAnswer(page: PageAnswer, { repair = false }: VerifyRequest): VerifyAnswer {
  const found = { contactName: null, updatedTime: null, shouldHaveBeenMet: false, repaired: repair };
  return {
    success: true,
    runId: RUN_ID,
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: page.name,
    missing: [{ ...found, conversationId: 't_1', contactName: 'Ada Winter', updatedTime: AT }],
    stale: [],
    deleted: [{ ...found, conversationId: 't_2' }],
    repaired: repair ? 2 : 0,
    counts: { missing: 1, stale: 0, deleted: 1, shouldHaveBeenMet: 0 },
    undecided: null,
    complete: true,
    total: 40,
    status: 'succeeded',
    graphCalls: 2,
    durationMs: 900,
    duration: '0.90s',
    message: '40 conversations compared: 1 missing, 0 stale, 1 deleted; no sync has missed any',
  };
}

export function fakeDueAnswer(pages: readonly [PageAnswer, PageAnswer]): DueAnswer {
  const { results } = fakeSyncAllAnswer(pages, {});
  return {
    success: false,
    pagesSynced: 1,
    pagesFailed: 1,
    pagesVerified: 0,
    pagesLeft: 3,
    verifyLeft: 0,
    historyLeft: 1,
    results,
    done: false,
    message: 'Synced 1 page(s), 1 failed; 3 page(s) are still due',
    durationMs: 700,
  };
}
