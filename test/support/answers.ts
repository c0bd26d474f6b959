/**
 * Answers for tests: the example that stands beside each schema, with what a test wants otherwise, held against the
 * schema. No test writes out a whole answer.
 */
import type { z } from 'zod';
import { ConversationSchema, MessageSchema } from '../../src/api/conversations.ts';
import { FailedJobSchema } from '../../src/api/jobs.ts';
import { type PageAnswer, PageSchema, type RefusedPage } from '../../src/api/pages.ts';
import { RunSchema } from '../../src/api/runs.ts';
import { type SyncAllRow, type SyncAnswer, SyncSchema } from '../../src/api/sync.ts';
import { type FindingAnswer, FindingSchema, type VerifyAnswer, VerifySchema } from '../../src/api/verify.ts';

export function answer<S extends z.ZodType>(schema: S, changes: Partial<z.input<S>> = {}): z.output<S> {
  return schema.parse({ ...(schema.meta()?.['example'] as object | undefined), ...changes });
}

const INSTANT = '2026-03-01T09:30:00.000Z';

/** The uuid of a fake Page. */
export function pageIdOf(facebookPageId: string): string {
  return `00000000-0000-4000-8000-${facebookPageId.slice(-3).padStart(12, '0')}`;
}

export function aPage(facebookPageId: string, changes: Partial<PageAnswer> = {}): PageAnswer {
  return answer(PageSchema, {
    id: pageIdOf(facebookPageId),
    facebookPageId,
    name: `Page ${Number(facebookPageId.slice(-3))}`,
    ...changes,
  });
}

export const PAGE_1 = aPage('100000000000001');
export const PAGE_2 = aPage('100000000000002', { lastSyncedAt: null });

/** The three fields by which an answer says which Page it is about. */
export function nameOf({ id, facebookPageId, name }: PageAnswer) {
  return { pageId: id, facebookPageId, pageName: name };
}

export function aSync(page: PageAnswer, changes: Partial<SyncAnswer> = {}): SyncAnswer {
  return answer(SyncSchema, { ...nameOf(page), ...changes });
}

/** What `syncAll` says of a Page that failed. */
export const FAILED_ROW: Partial<SyncAllRow> = {
  success: false,
  synced: 0,
  inserted: 0,
  updated: 0,
  eventsCreated: 0,
  status: 'failed',
  error: 'Facebook no longer accepts the token of Page 2; connect it again.',
  code: 'TOKEN_EXPIRED',
};

export const REFUSED_PAGES: readonly RefusedPage[] = [
  { facebookPageId: '999', name: null, reason: 'The token lacks the MESSAGING task there.' },
  { facebookPageId: null, name: 'Old Shop', reason: 'Facebook gave no id for it.' },
];

export function aFinding(conversationId: string, changes: Partial<FindingAnswer> = {}): FindingAnswer {
  return answer(FindingSchema, { conversationId, ...changes });
}

/** Counts what the lists of `changes` hold. */
export function aVerify(page: PageAnswer, changes: Partial<VerifyAnswer> = {}): VerifyAnswer {
  const { missing = [], stale = [], deleted = [] } = changes;
  const all = [...missing, ...stale, ...deleted];
  const counts = {
    missing: missing.length,
    stale: stale.length,
    deleted: deleted.length,
    missedBySync: all.filter((finding) => finding.missedBySync).length,
  };
  const repaired = all.filter((finding) => finding.repaired).length;
  return answer(VerifySchema, { ...nameOf(page), missing, stale, deleted, counts, repaired, ...changes });
}

export const CONVERSATION = answer(ConversationSchema, {
  id: 't_1',
  pageId: PAGE_1.id,
  participants: [{ id: '77', name: 'Ada Winter' }, {}],
});

/** An Instagram thread: its id is base64 and needs escaping in a path; Facebook left out what it could. */
export const BARE_CONVERSATION = answer(ConversationSchema, {
  ...CONVERSATION,
  id: 'aWdf/ZG06+MTo=%2F?#',
  platform: 'instagram',
  updatedTime: null,
  messageCount: null,
  snippet: null,
  link: null,
  contactId: null,
  contactName: null,
  participants: [],
});

export const MESSAGE = answer(MessageSchema, { attachments: [{ id: 'a', mime_type: 'image/png' }] });

export const RUN = answer(RunSchema, {
  pageId: PAGE_1.id,
  pageName: PAGE_1.name,
  trigger: 'api',
  status: 'failed',
  startedAt: INSTANT,
  finishedAt: INSTANT,
  synced: 0,
  inserted: 0,
  updated: 0,
  eventsCreated: 0,
  listed: 0,
  graphCalls: 1,
  phases: { survey: { calls: 1, durationMs: 210, rows: 0 } },
  errorCode: 'TOKEN_EXPIRED',
  errorMessage: 'Facebook no longer accepts the token of Page 1.',
});

/** A run of another process. */
export const RUN_UNDER_WAY = answer(RunSchema, {
  ...RUN,
  id: '00000000-0000-4000-8000-0000000000ab',
  status: 'running',
  finishedAt: null,
  errorCode: null,
  errorMessage: null,
});

export const FAILED_JOB = answer(FailedJobSchema, nameOf(PAGE_2));
