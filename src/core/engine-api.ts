/**
 * What Tidemark can do, as one interface: the engine implements it, and the library, the command line and the HTTP
 * server use nothing else. Answers hold JSON-ready values (ISO 8601 instants, `null` for unknown), so every door
 * shows the same thing.
 */
import { Secret } from '../lib/secret.ts';
import type { TidemarkError } from './errors.ts';
import type { EventSink } from './events.ts';
import type { JsonValue, PageStatus, Platform, RunMode, RunStatus, RunTrigger, SyncMode } from './model.ts';

/** What tokens and keys travel in; part of this interface, so that its users need no other room. */
export { Secret };

/** Names a Page by either id. When both are given they must belong together. */
export interface PageRef {
  /** The uuid, `facebook_pages.id`. */
  readonly pageId?: string | undefined;
  /** Facebook's own id of the Page. */
  readonly facebookPageId?: string | undefined;
}

export interface PageAnswer {
  readonly id: string;
  readonly facebookPageId: string;
  readonly name: string | null;
  readonly isActive: boolean;
  readonly status: PageStatus;
  readonly statusDetail: string | null;
  readonly instagramAccountId: string | null;
  readonly lastSyncedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ConnectedPage {
  readonly id: string;
  readonly facebookPageId: string;
  readonly name: string | null;
  readonly status: PageStatus;
}

export interface RefusedPage {
  readonly facebookPageId: string | null;
  readonly name: string | null;
  readonly reason: string;
}

export interface ConnectAnswer {
  readonly connected: readonly ConnectedPage[];
  /** Pages the token shows but cannot message as, each with the reason. */
  readonly refused: readonly RefusedPage[];
}

export interface SyncRequest extends PageRef {
  /** Collect everything again, whatever the mirror holds. Default: false. */
  readonly forceFull?: boolean | undefined;
  /** Stop between batches after this long and answer `partial`. Default: no bound. */
  readonly maxDurationMs?: number | undefined;
  /** Who asked; recorded with the run. Default: `library`. */
  readonly trigger?: RunTrigger | undefined;
  /** Told of everything that happens in the run, also when another caller started it in this process. */
  readonly onEvent?: EventSink | undefined;
}

export interface SyncAllRequest extends Omit<SyncRequest, keyof PageRef> {
  /** Which Pages. Default: every active one. */
  readonly pages?: readonly PageRef[] | undefined;
}

export interface VerifyRequest extends PageRef {
  /** Collect what differs, and mark what is gone as deleted. Default: false, only report. */
  readonly repair?: boolean | undefined;
  /** Stop between calls after this long and answer `partial`. Default: no bound. */
  readonly maxDurationMs?: number | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly onEvent?: EventSink | undefined;
}

export interface VerifyAllRequest extends Omit<VerifyRequest, keyof PageRef> {
  /** Which Pages. Default: every active one. */
  readonly pages?: readonly PageRef[] | undefined;
}

export interface FindingAnswer {
  readonly conversationId: string;
  readonly contactName: string | null;
  readonly updatedTime: string | null;
  /** It changed before the line up to which the mirror was said to be whole: a sync has missed it. */
  readonly shouldHaveBeenMet: boolean;
  readonly repaired: boolean;
}

export interface VerifyAnswer {
  readonly success: true;
  /** The last run of it; a verify takes several when syncs come in between. */
  readonly runId: string;
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  /** Listed by Facebook, lacking in the mirror. The first thousand; `counts` knows all. The same holds for the others. */
  readonly missing: readonly FindingAnswer[];
  /** The mirror holds an older state. */
  readonly stale: readonly FindingAnswer[];
  /** Gone at Facebook: not listed, and not there when asked for by id. */
  readonly deleted: readonly FindingAnswer[];
  /** How many of all these have been repaired. */
  readonly repaired: number;
  readonly counts: {
    readonly missing: number;
    readonly stale: number;
    readonly deleted: number;
    /** Of the missing and stale ones: those that a sync has missed. Anything but 0 is a fault of this program. */
    readonly shouldHaveBeenMet: number;
  };
  /** Why some conversations that were not listed are not called deleted; null when all is known. */
  readonly undecided: string | null;
  /** Conversations compared. */
  readonly total: number;
  /** `partial`: not all was compared, decided or repaired. */
  readonly status: 'succeeded' | 'partial';
  readonly graphCalls: number;
  readonly durationMs: number;
  readonly duration: string;
  readonly message: string;
}

export interface VerifyFailure {
  readonly success: false;
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  readonly error: string;
  readonly code: string;
}

export interface VerifyAllAnswer {
  readonly success: boolean;
  readonly totalPages: number;
  readonly results: readonly (VerifyAnswer | VerifyFailure)[];
  readonly message: string;
}

export interface HistoryRequest {
  /** Which Pages. Default: every active one that has older messages to fetch. */
  readonly pages?: readonly PageRef[] | undefined;
  /** Stop between calls after this long. Default: no bound. */
  readonly maxDurationMs?: number | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly onEvent?: EventSink | undefined;
}

export interface HistoryRow {
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  /** `busy`: a sync is at work on the Page, or another process, or the time was over before its turn; ask again. */
  readonly status: 'succeeded' | 'partial' | 'busy' | 'failed';
  readonly eventsCreated: number;
  readonly graphCalls: number;
  readonly error?: string;
  readonly code?: string;
}

export interface HistoryAnswer {
  /** Pages that had older messages to fetch. */
  readonly results: readonly HistoryRow[];
  readonly totalEvents: number;
  readonly totalCalls: number;
}

export interface SyncAnswer {
  readonly success: true;
  readonly syncMode: SyncMode;
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly message: string;
  readonly skipped: number;
  readonly deleted: number;
  readonly total: number;
  readonly eventsCreated: number;
  readonly status: 'succeeded' | 'partial';
  readonly durationMs: number;
  readonly duration: string;
  readonly runId: string;
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  readonly graphCalls: number;
  readonly lastSyncedAt: string | null;
  /** Why it is partial, when that is not for lack of time: a code of the catalogue and a sentence. */
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
}

export interface SyncAllRow {
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  readonly success: boolean;
  readonly syncMode?: SyncMode;
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly eventsCreated: number;
  readonly graphCalls: number;
  readonly status: 'succeeded' | 'partial' | 'failed';
  readonly durationMs: number;
  readonly error?: string;
  readonly code?: string;
}

export interface SyncAllAnswer {
  readonly success: boolean;
  readonly totalPages: number;
  readonly results: readonly SyncAllRow[];
  readonly totals: {
    readonly totalSynced: number;
    readonly totalInserted: number;
    readonly totalUpdated: number;
    readonly totalEvents: number;
    readonly successCount: number;
    readonly failureCount: number;
  };
  readonly message: string;
  readonly durationMs: number;
  readonly duration: string;
}

/** A page of a list, newest first. `nextCursor` is opaque and null at the end. */
export interface ListAnswer<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface ConversationQuery {
  readonly pageId?: string | undefined;
  readonly platform?: Platform | undefined;
  /** Case-insensitive text looked for in contact name, snippet and ids. */
  readonly search?: string | undefined;
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface ConversationAnswer {
  readonly id: string;
  readonly pageId: string;
  readonly platform: Platform;
  readonly updatedTime: string | null;
  readonly messageCount: number | null;
  readonly unreadCount: number;
  readonly snippet: string | null;
  readonly link: string | null;
  readonly contactId: string | null;
  readonly contactName: string | null;
  readonly participants: JsonValue;
  readonly readAt: string | null;
  readonly deliveredAt: string | null;
  readonly historyComplete: boolean;
  readonly deletedAt: string | null;
  readonly syncedAt: string;
}

export interface MessageQuery {
  readonly conversationId: string;
  /** Needed only when two Pages hold a conversation with this id. */
  readonly pageId?: string | undefined;
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface MessageAnswer {
  readonly id: string;
  readonly conversationId: string;
  readonly createdTime: string | null;
  readonly fromId: string | null;
  readonly fromName: string | null;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly text: string | null;
  readonly attachments: JsonValue;
  readonly reactions: JsonValue;
  readonly replyTo: string | null;
  readonly editedAt: string | null;
  readonly deletedAt: string | null;
  readonly source: 'sync' | 'history' | 'webhook';
}

export interface RunAnswer {
  readonly id: string;
  readonly pageId: string;
  readonly pageName: string | null;
  readonly platform: Platform;
  readonly mode: RunMode;
  readonly trigger: RunTrigger;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly deleted: number;
  readonly eventsCreated: number;
  readonly graphCalls: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** What a job does for its Page. */
export type QueueName = 'sync' | 'verify' | 'history';

export interface JobsOptions {
  /** Take jobs and do them. Default: true. Without a worker this process only adds jobs for others. */
  readonly worker?: boolean | undefined;
  /** Add jobs for Pages that are due. Any number of processes may; they share one schedule. Default: with a worker. */
  readonly schedule?: boolean | undefined;
  /** Told of what goes wrong outside of any run: the database is away, a job was given up. */
  readonly onProblem: (problem: TidemarkError) => void;
}

/** A job that was given up after its last attempt, or at once because trying again is of no use. */
export interface FailedJobAnswer {
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  readonly queue: QueueName;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error: string;
  readonly code: string;
  readonly failedAt: string;
}

export interface DueRequest {
  /** Begin nothing and stop between batches after this long. Default: 50 s. */
  readonly maxDurationMs?: number | undefined;
}

export interface DueAnswer {
  /** Whether no Page failed. */
  readonly success: boolean;
  readonly pagesSynced: number;
  readonly pagesFailed: number;
  readonly pagesVerified: number;
  /** Pages whose sync is due and was not begun, or not finished. */
  readonly pagesLeft: number;
  /** Pages that have older messages to bring. */
  readonly historyLeft: number;
  readonly results: readonly SyncAllRow[];
  /** Whether nothing is left to do now, older messages included. */
  readonly done: boolean;
  readonly message: string;
  readonly durationMs: number;
}

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
    connect(accessToken: Secret): Promise<ConnectAnswer>;
    /** Pauses (`false`) or resumes (`true`) a Page. */
    setActive(pageId: string, isActive: boolean): Promise<PageAnswer>;
    /** Removes the Page with everything mirrored of it. */
    remove(pageId: string): Promise<void>;
  };
  readonly conversations: {
    list(query: ConversationQuery): Promise<ListAnswer<ConversationAnswer>>;
    messages(query: MessageQuery): Promise<ListAnswer<MessageAnswer>>;
  };
  readonly runs: {
    list(query: PageRef & { readonly limit?: number | undefined }): Promise<readonly RunAnswer[]>;
    find(runId: string): Promise<RunAnswer>;
    /**
     * Asks a run to end, in whatever process it is: at once here, within seconds elsewhere. What it has stored stays.
     * Rejects with RUN_NOT_FOUND or RUN_ENDED.
     */
    cancel(runId: string): Promise<RunAnswer>;
  };
  /** Syncs one Page. While a sync of it runs anywhere, joins that run and gives its answer. */
  sync(request: SyncRequest): Promise<SyncAnswer>;
  /** Syncs many Pages in parallel. A failing Page is a row of the answer, never a rejection. */
  syncAll(request: SyncAllRequest): Promise<SyncAllAnswer>;
  /**
   * Compares the mirror of a Page with Facebook, conversation by conversation, and repairs it on request. Steps aside
   * for syncs and goes on after them.
   */
  verify(request: VerifyRequest): Promise<VerifyAnswer>;
  /** Verifies many Pages in parallel. A failing Page is a row of the answer, never a rejection. */
  verifyAll(request: VerifyAllRequest): Promise<VerifyAllAnswer>;
  /**
   * Fetches older messages than a sync brings, down to the first one of every conversation. Stops by itself when a
   * sync wants the Page; what is left is fetched the next time.
   */
  collectHistory(request: HistoryRequest): Promise<HistoryAnswer>;
  /** Work that any number of processes on one database share: at most one job for each Page and queue. */
  readonly jobs: {
    /**
     * Joins the processes that do this work; `close` leaves them and hands back what is unfinished. Once joined, a sync
     * of this process is followed by a job that brings older messages.
     */
    start(options: JobsOptions): Promise<void>;
    /** Takes no more jobs from here on; those under way go on until `close`. */
    stop(): void;
    /** Adds a job for each Page that has none in this queue. Answers how many were added. */
    enqueue(queue: QueueName, pages: readonly PageRef[]): Promise<number>;
    /** Jobs that were given up, newest first. */
    failed(): Promise<readonly FailedJobAnswer[]>;
    /** Adds them again; of one Page or queue, or all. Answers how many there were. */
    retry(which: PageRef & { readonly queue?: QueueName | undefined }): Promise<number>;
    /**
     * Does what is due by itself, with or without workers elsewhere, and ends in time: for hosts that run code only
     * when it is called. A Page that was never synced counts as due.
     */
    runDue(request: DueRequest): Promise<DueAnswer>;
  };
  /** Resolves when database and schema are usable; rejects with the reason when not. */
  checkReady(): Promise<void>;
  /** Connection string of the database, for `psql`; only when it is the embedded one, which is local. */
  readonly embeddedDatabaseUrl: string | undefined;
  close(): Promise<void>;
}
