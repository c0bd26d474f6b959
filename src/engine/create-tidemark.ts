/**
 * The one place where the parts meet: Facebook, the mirror and the algorithm become Tidemark. Nothing is decided here
 * about what to fetch or how to store it.
 */
import type { SyncAnswer, SyncRequest } from '../api/sync.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { VerifyAnswer, VerifyRequest } from '../api/verify.ts';
import { toSyncView } from '../api/views/sync-view.ts';
import { toVerifyView } from '../api/views/verify-view.ts';
import { TidemarkError, toRecordedError } from '../core/errors.ts';
import type { EngineEventSink } from '../core/events.ts';
import type { Page } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { openJobs } from './jobs.ts';
import { openMirrorReader } from './mirror-reader.ts';
import { createPageCalls } from './page-calls.ts';
import { openPageDirectory } from './page-directory.ts';
import { createRounds } from './rounds.ts';
import { openRunHistory } from './run-history.ts';
import { createGraphClient } from '../graph/client.ts';
import { createPageRuns, type RunOptions } from '../jobs/page-runs.ts';
import type { Secret } from '../lib/secret.ts';
import { systemClock } from '../lib/system-clock.ts';
import { openHistoryStore } from '../store/history-store.ts';
import { openStore } from '../store/open-store.ts';
import { findReferredPage } from '../store/pages.ts';
import { listOpenRetries } from '../store/retry-ledger.ts';
import { findRun } from '../store/sync-runs.ts';
import { openRunLedger } from '../store/sync-state.ts';
import { openVerify } from '../store/verify-store.ts';
import { openWalkStore } from '../store/walk-store.ts';

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
  /** For one answer of Facebook, which gives up by itself after 30 s. Default: 60 000 ms. */
  readonly answerTimeoutMs?: number | undefined;
  /** How often the schedule of the jobs syncs each Page. Default: 5 minutes. */
  readonly syncIntervalMs?: number | 'off' | undefined;
  /** How often it compares each Page with Facebook. Default: 24 hours. */
  readonly verifyIntervalMs?: number | 'off' | undefined;
}

export interface EngineOptions {
  /** Told of everything that happens in this process: all runs, and the calls that belong to none. */
  readonly onEvent?: EngineEventSink | undefined;
}

/**
 * Opens the store (migrating it), and is ready. Errors: DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED, SCHEMA_NEWER,
 * MIGRATION_FAILED, EMBEDDED_POSTGRES.
 */
export async function createTidemark(settings: EngineSettings, options: EngineOptions = {}): Promise<Tidemark> {
  const clock: Clock = systemClock;
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
    timeoutMs: settings.answerTimeoutMs,
    clock,
  });
  const calls = createPageCalls({
    store,
    client,
    clock,
    callsPerSecond: settings.callsPerSecond,
    onEvent: options.onEvent,
  });
  const depth = settings.messagesPerConversation === 'all' ? Infinity : settings.messagesPerConversation;
  const pageRuns = createPageRuns(
    {
      ledger: openRunLedger(database, crypto.randomUUID()),
      clock,
      newRunId: () => crypto.randomUUID(),
      openSource: calls.openSource,
      quotas: calls.quotas,
      callsPerSecond: settings.callsPerSecond,
      openStore: (lease) => openWalkStore(database, lease),
      openHistory: (lease) => openHistoryStore(database, lease),
      openVerify: (lease, repairs) => openVerify(database, lease, repairs),
      afterSync: (page, trigger) => jobs.afterSync(page, trigger),
      onEvent: options.onEvent,
    },
    { sendSince: settings.sinceParameter === 'send', depth },
  );
  const closing = new AbortController();
  const jobs = openJobs({
    ...settings,
    database,
    clock,
    pageRuns,
    depth,
    syncPage,
    syncAll: (request) => tidemark.syncAll(request),
    verify: (request) => tidemark.verify(request),
    collectHistory: (request) => tidemark.collectHistory(request),
    signal: closing.signal,
  });

  async function sync(request: SyncRequest): Promise<SyncAnswer> {
    closing.signal.throwIfAborted();
    return syncPage(await findReferredPage(database, request), request);
  }

  async function syncPage(page: Page, request: RunOptions): Promise<SyncAnswer> {
    closing.signal.throwIfAborted();
    const runId = await pageRuns.sync(page, request);
    const run = await findRun(database, runId, page.id);
    if (run === undefined) {
      throw new TidemarkError('PAGE_NOT_FOUND', `Page ${page.facebookPageId} was removed while it was synced.`);
    }
    if (run.status === 'failed' || run.status === 'cancelled') {
      throw toRecordedError(run.errorCode, run.errorMessage ?? `Run ${runId} was ${run.status}.`);
    }
    // A complete walk with an empty ledger is what succeeded means.
    const openRetries = run.status === 'succeeded' ? [] : await listOpenRetries(database, page.id);
    return toSyncView(page, run, openRetries);
  }

  async function verify(request: VerifyRequest): Promise<VerifyAnswer> {
    closing.signal.throwIfAborted();
    const startedMs = clock.monotonicMs();
    const repairs = request.repair ?? false;
    const page = await findReferredPage(database, request);
    const { report, ...end } = await pageRuns.verify(page, { ...request, repair: repairs });
    return toVerifyView(page, { ...end, ...report, repairs, durationMs: clock.monotonicMs() - startedMs });
  }

  const tidemark: Tidemark = {
    embeddedDatabaseUrl: store.embeddedDatabaseUrl,
    pages: openPageDirectory({ store, openToken: calls.openToken }),
    conversations: openMirrorReader(database),
    runs: openRunHistory({ database, pageRuns, clock, signal: closing.signal }),
    jobs: jobs.api,
    sync,
    verify,
    ...createRounds({
      database,
      clock,
      pageRuns,
      syncPage,
      verify,
      depth,
      pageConcurrency: settings.pageConcurrency,
      signal: closing.signal,
    }),
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
