/**
 * The one place where the parts meet: Facebook, the mirror and the algorithm become Tidemark. Nothing is decided here
 * about what to fetch or how to store it.
 */
import type { Tidemark } from '../api/tidemark.ts';
import { TidemarkError } from '../core/errors.ts';
import type { EngineEventSink } from '../core/events.ts';
import type { PageRef } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { createGraphClient } from '../graph/client.ts';
import type { Secret } from '../lib/secret.ts';
import { systemClock } from '../lib/system-clock.ts';
import { createChannelRuns } from '../runs/channel-runs.ts';
import { openRunReader } from '../runs/reader.ts';
import { openHistoryStore } from '../store/history-store.ts';
import { openRunStore } from '../store/run-store.ts';
import { openStore } from '../store/open-store.ts';
import { findReferredPage } from '../store/pages.ts';
import { cancelRun, findRun, listRuns } from '../store/runs.ts';
import { openWantedContacts } from '../store/wanted-contacts.ts';
import { openVerify } from '../store/verify-store.ts';
import { openWalkStore } from '../store/walk-store.ts';
import { createEventHub } from './event-hub.ts';
import { openJobs } from './jobs.ts';
import { openMirrorReader } from './mirror-reader.ts';
import { createPageActions, toKind } from './page-actions.ts';
import { createPageCalls } from './page-calls.ts';
import { openPageDirectory } from './page-directory.ts';
import { createRounds } from './rounds.ts';
import { checkToken } from './token-check.ts';
import { openWebhooks, toSecrets } from './webhooks.ts';

export interface EngineSettings {
  /** PostgreSQL 15 or newer. Default: the embedded one in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  /** Connections of this process to it at most. Default: 7. */
  readonly databaseConnections?: number | undefined;
  /** PostgreSQL schema of all tables. Default: the first one of the connection's search_path. */
  readonly schema?: string | undefined;
  /** Folder of the embedded PostgreSQL and its key file, absolute. */
  readonly dataDir: string;
  /** 32 bytes in base64; several, comma-separated, while keys are rotated: the first one encrypts. */
  readonly encryptionKey?: Secret | undefined;
  readonly graphApiUrl: string;
  readonly graphApiVersion: string;
  /** With the secret beside it, short-lived user tokens are exchanged for long-lived ones. */
  readonly appId?: string | undefined;
  /** Proves calls; deliveries of webhooks may be signed with any of several, comma-separated. */
  readonly appSecret?: Secret | undefined;
  /** The word that Facebook repeats in the handshake of a webhook. */
  readonly webhookVerifyToken?: Secret | undefined;
  /** Of each channel: a Page on one platform. */
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
  /** False for who only looks: a database that has never been Tidemark's is then refused with SCHEMA_MISSING. */
  readonly makesTables?: boolean | undefined;
}

/** Closing gives runs 10 s for their batches, and 2 s to record how they ended; a database that is silent gets no more. */
const CUT_OFF_MS = 12_000;

/**
 * Opens the store (migrating it), and is ready. Errors: DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED, SCHEMA_MISSING,
 * SCHEMA_NEWER, MIGRATION_FAILED, EMBEDDED_POSTGRES.
 */
export async function createTidemark(settings: EngineSettings, options: EngineOptions = {}): Promise<Tidemark> {
  const clock: Clock = systemClock;
  const store = await openStore({
    databaseUrl: settings.databaseUrl,
    maxConnections: settings.databaseConnections,
    schema: settings.schema,
    makesTables: options.makesTables,
    dataDir: settings.dataDir,
    encryptionKey: settings.encryptionKey,
  });
  const { database } = store;
  const appSecrets = toSecrets(settings.appSecret);
  const client = createGraphClient({
    baseUrl: settings.graphApiUrl,
    version: settings.graphApiVersion,
    appSecret: appSecrets[0],
    timeoutMs: settings.answerTimeoutMs,
    clock,
  });
  const events = createEventHub();
  if (options.onEvent !== undefined) events.subscribe(options.onEvent);
  const calls = createPageCalls({
    store,
    client,
    clock,
    callsPerSecond: settings.callsPerSecond,
    onEvent: events.emit,
  });
  const depth = settings.messagesPerConversation === 'all' ? Infinity : settings.messagesPerConversation;
  const closing = new AbortController();
  const { signal } = closing;
  const channelRuns = createChannelRuns(
    {
      runStore: openRunStore(database, crypto.randomUUID()),
      clock,
      newRunId: () => crypto.randomUUID(),
      openSource: calls.openSource,
      quotas: calls.quotas,
      callsPerSecond: settings.callsPerSecond,
      openStore: (lease) => openWalkStore(database, lease),
      openHistory: (lease) => openHistoryStore(database, lease),
      openContacts: (lease) => openWantedContacts(database, lease),
      openVerify: (lease, kind) => openVerify(database, lease, kind),
      onEvent: events.emit,
    },
    { sendSince: settings.sinceParameter === 'send', depth },
  );
  const actions = createPageActions({ database, clock, channelRuns, signal });
  const { pageConcurrency } = settings;
  const rounds = createRounds({ ...settings, database, clock, actions, depth, pageConcurrency, signal });
  const webhooks = openWebhooks({
    database,
    appSecrets,
    verifyToken: settings.webhookVerifyToken,
    channelRuns,
    pageConcurrency,
    signal,
  });
  const jobs = openJobs({
    ...settings,
    database,
    clock,
    channelRuns,
    actions,
    rounds,
    webhooks,
    events,
    quotas: calls.quotas,
    depth,
    signal,
  });
  const { openCaller } = calls;
  const { appId } = settings;
  const [appSecret] = appSecrets;
  const findPage = (ref: PageRef) => findReferredPage(database, ref);

  async function closeAll(): Promise<void> {
    closing.abort(new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed.'));
    const cut = setTimeout(() => void database.close(0), CUT_OFF_MS);
    await jobs.close(channelRuns.close).finally(() => clearTimeout(cut));
    await client.close();
    await store.close();
  }
  let closed: Promise<void> | undefined;

  const tidemark: Tidemark = {
    embeddedDatabaseUrl: store.embeddedDatabaseUrl,
    pages: openPageDirectory({
      store,
      openCaller,
      look: calls.look,
      check: (token) => checkToken({ openCaller, appId, appSecret }, token),
    }),
    conversations: openMirrorReader(database.reader),
    runs: openRunReader({
      records: {
        list: (query) => listRuns(database.reader, query),
        find: (runId) => findRun(database, runId),
        requestCancel: (runId) => cancelRun(database, runId),
      },
      findPage,
      cancel: channelRuns.cancel,
      clock,
      signal,
    }),
    jobs: jobs.api,
    async sync(request) {
      signal.throwIfAborted();
      return actions.sync(await findPage(request), request);
    },
    async verify(request) {
      signal.throwIfAborted();
      return actions.verify(await findPage(request), { ...request, ...toKind(request) });
    },
    ...rounds,
    webhooks: webhooks.api,
    checkReady: () => store.checkReady(),

    close: () => (closed ??= closeAll()),
    async [Symbol.asyncDispose]() {
      await tidemark.close();
    },
  };
  return tidemark;
}
