/**
 * What Tidemark can do, as one interface: the engine implements it, and the library, the command line and the HTTP
 * server use nothing else. What it takes and answers is in the files beside, by subject: JSON-ready values (ISO 8601 instants,
 * `null` for unknown), so every door shows the same thing.
 */
import type { ChannelRef, PageRef, QueueName } from '../core/model.ts';
import type { SignedDelivery } from '../core/webhook.ts';
import type { Secret } from '../lib/secret.ts';
import type { HistoryAnswer, HistoryRequest } from './history.ts';
import type { DueAnswer, DueRequest, FailedJobAnswer, JobsOptions, RetryRequest } from './jobs.ts';
import type {
  ConversationAnswer,
  ConversationQuery,
  ListAnswer,
  MessageAnswer,
  MessageQuery,
} from './conversations.ts';
import type { ConnectAnswer, HoldingsAnswer, PageAnswer } from './pages.ts';
import type { RunAnswer, RunQuery } from './runs.ts';
import type { SyncAllAnswer, SyncAllRequest, SyncAnswer, SyncRequest } from './sync.ts';
import type {
  DeepEstimate,
  DeepEstimateRequest,
  VerifyAllAnswer,
  VerifyAllRequest,
  VerifyAnswer,
  VerifyRequest,
} from './verify.ts';
import type { WebhookHandshake } from './webhooks.ts';

/**
 * Every method rejects with a TidemarkError; its code tells what to do. Close it when done: the embedded PostgreSQL
 * stops with the last process that uses it.
 */
export interface Tidemark extends AsyncDisposable {
  readonly pages: {
    list(): Promise<readonly PageAnswer[]>;
    /** Rejects with PAGE_ID_REQUIRED, PAGE_IDS_DISAGREE or PAGE_NOT_FOUND. */
    find(ref: PageRef): Promise<PageAnswer>;
    /**
     * A user token connects every Page it can message as, a Page token that Page. A known Page gets the new token
     * and is `connected` again. Starts no sync.
     */
    connect(accessToken: Secret | string): Promise<ConnectAnswer>;
    /**
     * The Page's token, for a server of yours that calls Facebook itself. No route gives it. Rejects with
     * PAGE_NOT_FOUND, TOKEN_MISSING, ENCRYPTION_KEY_MISSING or ENCRYPTION_KEY_WRONG.
     */
    token(pageId: string): Promise<Secret>;
    /** Pauses (`false`) or resumes (`true`) a Page. */
    setActive(pageId: string, isActive: boolean): Promise<PageAnswer>;
    /** How much of a Page is mirrored. Rejects with PAGE_NOT_FOUND. */
    holdings(pageId: string): Promise<HoldingsAnswer>;
    /** Removes the Page with everything mirrored of it. */
    remove(pageId: string): Promise<void>;
  };
  readonly conversations: {
    list(query: ConversationQuery): Promise<ListAnswer<ConversationAnswer>>;
    messages(query: MessageQuery): Promise<ListAnswer<MessageAnswer>>;
  };
  readonly runs: {
    list(query: RunQuery): Promise<readonly RunAnswer[]>;
    find(runId: string): Promise<RunAnswer>;
    /**
     * Ends a run, and answers it: `cancelled` when it was one of this process or its process is dead, still `running`
     * when another process has yet to see the wish, within six seconds. What it has stored stays. Rejects with
     * RUN_NOT_FOUND or RUN_ENDED.
     */
    cancel(runId: string): Promise<RunAnswer>;
    /**
     * The run as it stands, then again whenever it has changed, until it has ended; the last one is its end. It may be
     * a run of any process. Rejects with RUN_NOT_FOUND, and with the signal's reason.
     */
    watch(runId: string, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<RunAnswer>;
  };
  /** Syncs all channels of a Page, or one. While a sync of one runs anywhere, joins that run and gives its answer. */
  sync(request: SyncRequest): Promise<SyncAnswer>;
  /** Syncs many Pages in parallel. A failing Page is a row of the answer, never a rejection. */
  syncAll(request: SyncAllRequest): Promise<SyncAllAnswer>;
  /**
   * Compares the mirror of a Page with Facebook, conversation by conversation, and repairs it on request. What messages
   * say is compared with `deep` only. Steps aside for syncs and goes on after them.
   */
  verify(request: VerifyRequest): Promise<VerifyAnswer>;
  /** What a deep verify would cost, as far as what is stored tells; no call is made. */
  estimateDeepVerify(request: DeepEstimateRequest): Promise<DeepEstimate>;
  /** Verifies many Pages in parallel. A failing Page is a row of the answer, never a rejection. */
  verifyAll(request: VerifyAllRequest): Promise<VerifyAllAnswer>;
  /**
   * Fetches older messages than a sync brings, down to the first one of every conversation. Stops by itself when a
   * sync wants the Page; what is left is fetched the next time.
   */
  collectHistory(request: HistoryRequest): Promise<HistoryAnswer>;
  /** Work that any number of processes on one database share: at most one job for each channel and queue. */
  readonly jobs: {
    /**
     * Joins the processes that do this work; `close` leaves them and hands back what is unfinished. Once joined, a sync
     * of this process is followed by a job that brings older messages.
     */
    start(options: JobsOptions): Promise<void>;
    /** Takes no more jobs from here on; those under way go on until `close`. */
    stop(): void;
    /** Adds a job for each of these channels that has none in this queue. Answers how many were added. */
    enqueue(queue: QueueName, channels: readonly ChannelRef[]): Promise<number>;
    /** Jobs that were given up, newest first. */
    failed(): Promise<readonly FailedJobAnswer[]>;
    /** Adds them again; of one Page or queue, or all. Answers how many there were. */
    retry(which: RetryRequest): Promise<number>;
    /**
     * Does what is due by itself, with or without workers elsewhere, and ends in time: for hosts that run code only
     * when it is called. A Page that was never synced counts as due.
     */
    runDue(request: DueRequest): Promise<DueAnswer>;
  };
  /** What Facebook tells by itself. Where jobs are done, it is applied as soon as it was received. */
  readonly webhooks: {
    /** Answers the challenge. Throws WEBHOOK_HANDSHAKE for another word, INVALID_SETTING when none is set. */
    handshake(handshake: WebhookHandshake): string;
    /**
     * Stores a delivery, and resolves when it is kept. Rejects with WEBHOOK_UNSIGNED when it does not come from Facebook,
     * INVALID_SETTING when no secret is set, DATABASE_UNAVAILABLE.
     */
    receive(delivery: SignedDelivery): Promise<void>;
    /**
     * Applies what is due, and resolves when nothing is. Where jobs are done this goes on by itself; elsewhere call it
     * after a delivery was answered, or let `jobs.runDue` do it.
     */
    apply(): Promise<void>;
  };
  /** Resolves when database and schema are usable; rejects with the reason when not. */
  checkReady(): Promise<void>;
  /** Connection string of the database, for `psql`; only when it is the embedded one, which is local. */
  readonly embeddedDatabaseUrl: string | undefined;
  close(): Promise<void>;
}
