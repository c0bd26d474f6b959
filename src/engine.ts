/**
 * The one place where the parts meet: Facebook, the mirror and the algorithm become Tidemark. Nothing is decided here
 * about what to fetch or how to store it.
 */
import { type Budget, createBudget } from './core/budget.ts';
import {
  toFailedRow,
  toHistoryAnswer,
  toHistoryRow,
  toPageAnswer,
  toRunAnswer,
  toSyncAllAnswer,
  toSyncAnswer,
  toSyncRow,
} from './core/answers.ts';
import type {
  HistoryRequest,
  HistoryRow,
  PageRef,
  SyncAllRequest,
  SyncAllRow,
  SyncAnswer,
  SyncRequest,
  Tidemark,
} from './core/engine-api.ts';
import { TidemarkError, toRecordedError, toTidemarkError } from './core/errors.ts';
import type { EventSink } from './core/events.ts';
import type { Page } from './core/model.ts';
import type { BegunRun, Clock, Emit } from './core/ports.ts';
import { createGraphClient } from './graph/client.ts';
import { openPageSource } from './graph/page-source.ts';
import { discoverPages } from './graph/pages.ts';
import { createPageRuns } from './jobs/page-runs.ts';
import { must } from './lib/must.ts';
import type { Secret } from './lib/secret.ts';
import { sleep } from './lib/sleep.ts';
import { createTaskGroup } from './lib/task-group.ts';
import { findPagesWithOpenHistory, openHistoryStore } from './store/history-store.ts';
import { openStore } from './store/open-store.ts';
import {
  findPage,
  findReferredPage,
  findToken,
  listPages,
  removePage,
  savePages,
  setPageActive,
} from './store/pages.ts';
import { findConversationPages, listConversations, listMessages } from './store/reading.ts';
import { findRun, listRuns } from './store/sync-runs.ts';
import { openRunLedger } from './store/sync-state.ts';
import { openWalkStore } from './store/walk-store.ts';

export interface EngineSettings {
  /** PostgreSQL 15 or newer. Default: the embedded one in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  /** Folder of the embedded PostgreSQL and its key file, absolute. */
  readonly dataDir: string;
  /** 32 bytes in base64; several, comma-separated, while keys are rotated: the first one encrypts. */
  readonly encryptionKey?: Secret | undefined;
  readonly graphApiUrl: string;
  readonly graphApiVersion: string;
  readonly appSecret?: Secret | undefined;
  /** Per Page and platform. */
  readonly callsPerSecond: number;
  /** Whether incremental listings carry `since`; a hint, never relied on. */
  readonly sinceParameter: 'send' | 'off';
  /** How many of the newest messages of a conversation are mirrored. */
  readonly messagesPerConversation: 'all' | number;
  /** Pages synced at the same time. */
  readonly pageConcurrency: number;
}

export interface EngineOptions {
  /** Told of everything that happens in any run of this process. */
  readonly onEvent?: EventSink | undefined;
  /** Fetch older messages in the background after every sync, as a server does. Default: only when asked. */
  readonly followWithHistory?: boolean | undefined;
}

/**
 * Opens the store (migrating it), and is ready. Errors: DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED, SCHEMA_NEWER,
 * MIGRATION_FAILED, EMBEDDED_POSTGRES.
 */
export async function createTidemark(settings: EngineSettings, options: EngineOptions = {}): Promise<Tidemark> {
  const clock: Clock = { now: Date.now, sleep };
  const store = await openStore({
    databaseUrl: settings.databaseUrl,
    dataDir: settings.dataDir,
    encryptionKey: settings.encryptionKey,
  });
  const { database, cipher } = store;
  const client = createGraphClient({
    baseUrl: settings.graphApiUrl,
    version: settings.graphApiVersion,
    appSecret: settings.appSecret,
    clock,
  });
  const ledger = openRunLedger(database, crypto.randomUUID());
  const budgets = new Map<string, Budget>();
  const depth = settings.messagesPerConversation === 'all' ? Infinity : settings.messagesPerConversation;
  const pageRuns = createPageRuns(
    {
      ledger,
      clock,
      newRunId: () => crypto.randomUUID(),
      openSource,
      openStore: (lease) => openWalkStore(database, lease),
      openHistory: (lease) => openHistoryStore(database, lease),
      hasOpenHistory: async (page) => (await findPagesWithOpenHistory(database, { depth, pageId: page.id })).size > 0,
      onEvent: options.onEvent,
    },
    { sendHint: settings.sinceParameter === 'send', depth, followWithHistory: options.followWithHistory ?? false },
  );
  const closing = new AbortController();

  /** A Page that is named twice is still one Page. */
  async function findDistinctPages(refs: readonly PageRef[]): Promise<readonly Page[]> {
    const pages = await Promise.all(refs.map((ref) => findReferredPage(database, ref)));
    return [...new Map(pages.map((page) => [page.id, page])).values()];
  }

  async function sync(request: SyncRequest): Promise<SyncAnswer> {
    closing.signal.throwIfAborted();
    const page = await findReferredPage(database, request);
    const runId = await pageRuns.sync(page, request);
    const run = await findRun(database, runId);
    if (run === undefined) {
      throw new TidemarkError('PAGE_NOT_FOUND', `Page ${page.facebookPageId} was removed while it was synced.`);
    }
    if (run.status !== 'succeeded' && run.status !== 'partial') {
      throw toRecordedError(run.errorCode, run.errorMessage ?? `Run ${runId} was ${run.status}.`);
    }
    return toSyncAnswer((await findPage(database, page.id)) ?? page, run);
  }

  /** One Page's row of the whole: its failure is a value here, so that it can never stop another Page (I8). */
  async function syncRow(page: Page, request: SyncAllRequest): Promise<SyncAllRow> {
    const startedAt = clock.now();
    const { pages: _named, ...asked } = request;
    try {
      return toSyncRow(await sync({ ...asked, pageId: page.id }));
    } catch (error) {
      return toFailedRow(page, toTidemarkError(error), clock.now() - startedAt);
    }
  }

  async function historyRow(page: Page, request: HistoryRequest): Promise<HistoryRow> {
    try {
      const runId = await pageRuns.history(page, request);
      return toHistoryRow(page, runId === undefined ? undefined : await findRun(database, runId));
    } catch (error) {
      return toHistoryRow(page, toTidemarkError(error));
    }
  }

  /** One budget per Page and platform for the life of the process, however many runs draw on it. */
  function openBudget({ lease, lastCallAgoMs }: BegunRun): Budget {
    const key = `${lease.pageId} ${lease.platform}`;
    const budget = budgets.get(key) ?? createBudget({ clock, callsPerSecond: settings.callsPerSecond });
    budgets.set(key, budget);
    if (lastCallAgoMs !== undefined) budget.noteCallsElsewhere(clock.now() - lastCallAgoMs);
    return budget;
  }

  async function openSource(page: Page, run: BegunRun, emit: Emit) {
    const budget = openBudget(run);
    return openPageSource({
      client,
      facebookPageId: page.facebookPageId,
      instagramAccountId: page.instagramAccountId,
      platform: run.lease.platform,
      token: await findToken(database, cipher, page),
      gate: {
        enter: (signal) => budget.enter(signal),
        park(untilAt, reason) {
          budget.park(untilAt, reason);
          emit({ type: 'call-delayed', waitMs: untilAt - clock.now(), reason });
        },
      },
      onProblem: ({ subject, conversationId, id, index, reason }) =>
        emit({ type: 'item-unreadable', subject, conversationId, itemId: id, index, reason }),
    });
  }

  const tidemark: Tidemark = {
    embeddedDatabaseUrl: store.embeddedDatabaseUrl,
    pages: {
      list: async () => (await listPages(database)).map(toPageAnswer),
      find: async (ref) => toPageAnswer(await findReferredPage(database, ref)),
      async connect(accessToken) {
        const found = await discoverPages({ client, token: accessToken });
        const saved = found.connected.length === 0 ? [] : await savePages(database, cipher, found.connected);
        return {
          connected: saved.map(({ id, facebookPageId, name, status }) => ({
            id,
            facebookPageId,
            name: name ?? null,
            status,
          })),
          refused: found.refused.map(({ facebookPageId, name, reason }) => ({
            facebookPageId: facebookPageId ?? null,
            name: name ?? null,
            reason,
          })),
        };
      },
      async setActive(pageId, isActive) {
        const page = await findReferredPage(database, { pageId });
        return toPageAnswer(must(await setPageActive(database, page.id, isActive), 'it was just found'));
      },
      async remove(pageId) {
        const page = await findReferredPage(database, { pageId });
        await removePage(database, page.id);
      },
    },
    conversations: {
      async list(query) {
        const pageId =
          query.pageId === undefined ? undefined : (await findReferredPage(database, { pageId: query.pageId })).id;
        return listConversations(database, { ...query, pageId });
      },
      async messages(query) {
        const holders = await findConversationPages(database, query.conversationId);
        const pageId = query.pageId === undefined ? holders[0] : holders.find((id) => id === query.pageId);
        if (pageId === undefined) {
          throw new TidemarkError(
            'CONVERSATION_NOT_FOUND',
            `No conversation ${query.conversationId} is in the mirror.`,
          );
        }
        if (query.pageId === undefined && holders.length > 1) {
          throw new TidemarkError(
            'INVALID_INPUT',
            `Several Pages hold a conversation ${query.conversationId}: name the Page with pageId.`,
          );
        }
        return listMessages(database, { ...query, pageId });
      },
    },
    runs: {
      async list(query) {
        const named = query.pageId !== undefined || query.facebookPageId !== undefined;
        const page = named ? await findReferredPage(database, query) : undefined;
        const recent = await listRuns(database, { pageId: page?.id, limit: query.limit });
        return recent.map(toRunAnswer);
      },
      async find(runId) {
        const run = await findRun(database, runId);
        if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId} is recorded.`);
        return toRunAnswer(run);
      },
    },

    sync,

    async syncAll(request) {
      const startedAt = clock.now();
      const pages = await (request.pages === undefined
        ? listPages(database).then((all) => all.filter((page) => page.isActive))
        : findDistinctPages(request.pages));
      const rows = new Map<string, SyncAllRow>();
      await using group = createTaskGroup(settings.pageConcurrency, closing.signal);
      for (const page of pages) {
        await group.start(async () => {
          rows.set(page.id, await syncRow(page, request));
        });
      }
      await group.done();
      const results = pages.map((page) => must(rows.get(page.id), 'every task has ended'));
      return toSyncAllAnswer(results, clock.now() - startedAt);
    },

    async collectHistory(request) {
      const open = await findPagesWithOpenHistory(database, { depth });
      const named = request.pages && (await findDistinctPages(request.pages));
      const pages = (named ?? (await listPages(database))).filter((page) => open.has(page.id));
      const rows = new Map<string, HistoryRow>();
      await using group = createTaskGroup(settings.pageConcurrency, closing.signal);
      for (const page of pages) {
        await group.start(async () => {
          rows.set(page.id, await historyRow(page, request));
        });
      }
      await group.done();
      return toHistoryAnswer(pages.map((page) => must(rows.get(page.id), 'every task has ended')));
    },

    checkReady: () => store.checkReady(),

    async close() {
      if (closing.signal.aborted) return;
      closing.abort(new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed.'));
      await pageRuns.close();
      await client.close();
      await store.close();
    },
    async [Symbol.asyncDispose]() {
      await tidemark.close();
    },
  };
  return tidemark;
}
