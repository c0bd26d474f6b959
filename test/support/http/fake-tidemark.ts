/**
 * For tests of the HTTP API: an in-memory Tidemark with two Pages, the second of which fails in `syncAll`. It keeps the promises of the interface that the
 * routes build on and records what it was asked; it must never grow into a second engine.
 */
import type { FailedJobAnswer } from '../../../src/api/jobs.ts';
import type { ConversationAnswer, ListAnswer, MessageAnswer } from '../../../src/api/conversations.ts';
import type { PageAnswer } from '../../../src/api/pages.ts';
import type { PageRef } from '../../../src/core/model.ts';
import type { RunAnswer } from '../../../src/api/runs.ts';
import type { SyncAnswer, SyncRequest } from '../../../src/api/sync.ts';
import type { Tidemark } from '../../../src/api/tidemark.ts';
import { TidemarkError } from '../../../src/core/errors.ts';
import type { Secret } from '../../../src/lib/secret.ts';
import { fakeDueAnswer, fakeSyncAllAnswer, fakeSyncAnswer, fakeVerifyAnswer } from './fake-answers.ts';

const INSTANT = '2026-03-01T09:30:00.000Z';

function fakePage(number: number): PageAnswer {
  return {
    id: `00000000-0000-4000-8000-00000000000${number}`,
    facebookPageId: `10000000000000${number}`,
    name: `Page ${number}`,
    isActive: true,
    status: 'connected',
    statusDetail: null,
    instagramAccountId: null,
    lastSyncedAt: number === 1 ? INSTANT : null,
    createdAt: INSTANT,
    updatedAt: INSTANT,
  };
}

export const PAGE_1 = fakePage(1);
export const PAGE_2 = fakePage(2);

export const CONVERSATION: ConversationAnswer = {
  id: 't_1',
  pageId: PAGE_1.id,
  platform: 'messenger',
  updatedTime: INSTANT,
  messageCount: 2,
  unreadCount: 0,
  snippet: 'See you',
  link: null,
  contactId: '77',
  contactName: 'Ada Winter',
  participants: [{ id: '77', name: 'Ada Winter' }, {}],
  readAt: null,
  deliveredAt: INSTANT,
  historyComplete: true,
  deletedAt: null,
  syncedAt: INSTANT,
};

/** An Instagram thread: its id is base64 and needs escaping in a path; Facebook left out what it could. */
export const BARE_CONVERSATION: ConversationAnswer = {
  ...CONVERSATION,
  id: 'aWdf/ZG06+MTo=%2F?#',
  platform: 'instagram',
  updatedTime: null,
  messageCount: null,
  snippet: null,
  contactId: null,
  contactName: null,
  participants: [],
  deliveredAt: null,
};

const MESSAGE: MessageAnswer = {
  id: 'm_1',
  conversationId: CONVERSATION.id,
  createdTime: INSTANT,
  fromId: '77',
  fromName: 'Ada Winter',
  direction: 'inbound',
  text: 'See you',
  attachments: [{ id: 'a', mime_type: 'image/png' }],
  reactions: [],
  replyTo: null,
  editedAt: null,
  deletedAt: null,
  source: 'sync',
};

export const RUN: RunAnswer = {
  id: '00000000-0000-4000-8000-0000000000aa',
  pageId: PAGE_1.id,
  pageName: PAGE_1.name,
  platform: 'messenger',
  mode: 'incremental',
  trigger: 'api',
  status: 'failed',
  startedAt: INSTANT,
  finishedAt: INSTANT,
  synced: 0,
  inserted: 0,
  updated: 0,
  skipped: 0,
  deleted: 0,
  eventsCreated: 0,
  listed: 0,
  graphCalls: 1,
  phases: { survey: { calls: 1, durationMs: 210, rows: 0 } },
  errorCode: 'TOKEN_EXPIRED',
  errorMessage: 'Facebook no longer accepts the token of Page 1.',
};

export const FAILED_JOB: FailedJobAnswer = {
  pageId: PAGE_2.id,
  facebookPageId: PAGE_2.facebookPageId,
  pageName: PAGE_2.name,
  queue: 'sync',
  attempts: 1,
  error: 'Facebook no longer accepts the token of Page 2.',
  code: 'TOKEN_EXPIRED',
  failedAt: INSTANT,
};

/** A run of another process. */
export const RUN_UNDER_WAY: RunAnswer = {
  ...RUN,
  id: '00000000-0000-4000-8000-0000000000ab',
  status: 'running',
  finishedAt: null,
  errorCode: null,
  errorMessage: null,
};

export interface FakeTidemark extends Tidemark {
  /** What the methods were given, oldest first. */
  readonly asked: readonly { readonly method: string; readonly given: unknown }[];
}

/** `overrides` take the place of methods of the same name, as in `{ sync: async () => { throw … } }`. */
export function createFakeTidemark(overrides: Partial<Tidemark> = {}): FakeTidemark {
  const asked: { method: string; given: unknown }[] = [];
  let pages: readonly PageAnswer[] = [PAGE_1, PAGE_2];
  const conversations = [CONVERSATION, BARE_CONVERSATION];

  function find(ref: PageRef): PageAnswer {
    const named = pages.filter((page) => page.id === ref.pageId || page.facebookPageId === ref.facebookPageId);
    const [page] = named;
    if (named.length > 1) throw new TidemarkError('PAGE_IDS_DISAGREE', 'The two ids name Page 1 and Page 2; send one.');
    if (page === undefined) throw new TidemarkError('PAGE_NOT_FOUND', 'No such Page is connected; connect it first.');
    return page;
  }

  function findRun(runId: string): RunAnswer {
    const run = [RUN, RUN_UNDER_WAY].find(({ id }) => id === runId);
    if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', 'No such run is recorded.');
    return run;
  }

  async function sync(request: SyncRequest): Promise<SyncAnswer> {
    asked.push({ method: 'sync', given: request });
    return fakeSyncAnswer(find(request), request);
  }

  return {
    asked,
    pages: {
      list: async () => pages,
      find: async (ref) => find(ref),
      connect: async (accessToken: Secret) => {
        asked.push({ method: 'connect', given: accessToken });
        return {
          connected: [{ id: PAGE_1.id, facebookPageId: PAGE_1.facebookPageId, name: null, status: 'connected' }],
          refused: [
            { facebookPageId: '999', name: null, reason: 'The token lacks the MESSAGING task there.' },
            { facebookPageId: null, name: 'Old Shop', reason: 'Facebook gave no id for it.' },
          ],
        };
      },
      setActive: async (pageId, isActive) => {
        const changed: PageAnswer = { ...find({ pageId }), isActive, status: isActive ? 'connected' : 'paused' };
        pages = pages.map((page) => (page.id === pageId ? changed : page));
        return changed;
      },
      remove: async (pageId) => {
        const gone = find({ pageId });
        pages = pages.filter((page) => page !== gone);
      },
    },
    conversations: {
      list: async (query) => {
        asked.push({ method: 'conversations.list', given: query });
        return cut(
          conversations.filter((one) => query.platform === undefined || one.platform === query.platform),
          query,
        );
      },
      messages: async (query) => {
        asked.push({ method: 'conversations.messages', given: query });
        if (!conversations.some((one) => one.id === query.conversationId)) {
          throw new TidemarkError('CONVERSATION_NOT_FOUND', 'No such conversation is in the mirror.');
        }
        return cut(
          [
            { ...MESSAGE, conversationId: query.conversationId },
            { ...MESSAGE, id: 'm_0', text: null },
          ],
          query,
        );
      },
    },
    runs: {
      list: async (query) => {
        asked.push({ method: 'runs.list', given: query });
        return [RUN];
      },
      find: async (runId) => findRun(runId),
      cancel: async (runId) => {
        const run = findRun(runId);
        if (run.status !== 'running')
          throw new TidemarkError('RUN_ENDED', `The run has ended already (${run.status}).`);
        return run;
      },
      async *watch(runId) {
        yield findRun(runId);
      },
    },
    jobs: {
      start: async () => undefined,
      stop: () => undefined,
      enqueue: async () => 0,
      failed: async () => [FAILED_JOB],
      retry: async (which) => {
        asked.push({ method: 'jobs.retry', given: which });
        if (which.pageId !== undefined) find(which);
        return 1;
      },
      runDue: async (request) => {
        asked.push({ method: 'jobs.runDue', given: request });
        return fakeDueAnswer([PAGE_1, PAGE_2]);
      },
    },
    sync,
    verify: async (request) => {
      asked.push({ method: 'verify', given: request });
      return fakeVerifyAnswer(find(request), request);
    },
    verifyAll: async () => ({ success: true, totalPages: 0, results: [], message: '' }),
    collectHistory: async (request) => {
      asked.push({ method: 'collectHistory', given: request });
      return { results: [], totalEvents: 0, totalCalls: 0 };
    },
    syncAll: async (request) => {
      asked.push({ method: 'syncAll', given: request });
      return fakeSyncAllAnswer([PAGE_1, PAGE_2], request);
    },
    checkReady: async () => undefined,
    embeddedDatabaseUrl: undefined,
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...overrides,
  };
}

function cut<T>(
  items: readonly T[],
  query: { limit?: number | undefined; cursor?: string | undefined },
): ListAnswer<T> {
  const start = Number(query.cursor ?? 0);
  const end = start + (query.limit ?? 50);
  return { items: items.slice(start, end), nextCursor: end < items.length ? String(end) : null };
}
