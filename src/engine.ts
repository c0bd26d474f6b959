/**
 * The one place where the parts meet: Facebook, the mirror and the algorithm become Tidemark. Nothing is decided here
 * about what to fetch or how to store it.
 */
import {
  toFailedRow,
  toHistoryAnswer,
  toHistoryRow,
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
import type { Clock } from './core/ports.ts';
import { openJobs } from './engine/jobs.ts';
import { openMirrorReader, openRunReader } from './engine/mirror-reader.ts';
import { createPageCalls } from './engine/page-calls.ts';
import { openPageDirectory } from './engine/page-directory.ts';
import { createGraphClient } from './graph/client.ts';
import { createPageRuns } from './jobs/page-runs.ts';
import { must } from './lib/must.ts';
import type { Secret } from './lib/secret.ts';
import { sleep } from './lib/sleep.ts';
import { createTaskGroup } from './lib/task-group.ts';
import { findPagesWithOpenHistory, openHistoryStore } from './store/history-store.ts';
import { openStore } from './store/open-store.ts';
import { findPage, findReferredPage, listPages } from './store/pages.ts';
import { findRun } from './store/sync-runs.ts';
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
  /** How often the schedule of the jobs syncs each Page. Default: 5 minutes. */
  readonly syncIntervalMs?: number | 'off' | undefined;
  /** How often it compares each Page with Facebook. Default: 24 hours. */
  readonly verifyIntervalMs?: number | 'off' | undefined;
}

export interface EngineOptions {
  /** Told of everything that happens in any run of this process. */
  readonly onEvent?: EventSink | undefined;
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
  const { database } = store;
  const client = createGraphClient({
    baseUrl: settings.graphApiUrl,
    version: settings.graphApiVersion,
    appSecret: settings.appSecret,
    clock,
  });
  const openSource = createPageCalls({ store, client, clock, callsPerSecond: settings.callsPerSecond });
  const depth = settings.messagesPerConversation === 'all' ? Infinity : settings.messagesPerConversation;
  const pageRuns = createPageRuns(
    {
      ledger: openRunLedger(database, crypto.randomUUID()),
      clock,
      newRunId: () => crypto.randomUUID(),
      openSource,
      openStore: (lease) => openWalkStore(database, lease),
      openHistory: (lease) => openHistoryStore(database, lease),
      afterSync: (page, trigger) => jobs.afterSync(page, trigger),
      onEvent: options.onEvent,
    },
    { sendHint: settings.sinceParameter === 'send', depth },
  );
  const closing = new AbortController();
  const jobs = openJobs({
    ...settings,
    database,
    clock,
    pageRuns,
    depth,
    syncRow,
    collectHistory: (request) => tidemark.collectHistory(request),
    signal: closing.signal,
  });

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

  const tidemark: Tidemark = {
    embeddedDatabaseUrl: store.embeddedDatabaseUrl,
    pages: openPageDirectory(store, client),
    conversations: openMirrorReader(database),
    runs: openRunReader(database),
    jobs: jobs.api,
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
      await jobs.close(() => pageRuns.close());
      await client.close();
      await store.close();
    },
    async [Symbol.asyncDispose]() {
      await tidemark.close();
    },
  };
  return tidemark;
}
