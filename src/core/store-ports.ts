/**
 * What the algorithm needs from the store: who may walk, what is stored, and where things are written. Every port is
 * bound to one channel, and to the run that holds its lease, when it is handed over.
 */
import type { Secret } from '../lib/secret.ts';
import type { ErrorCode } from './error-catalogue.ts';
import type { TidemarkError } from './errors.ts';
import type { VerificationNotes } from './findings.ts';
import type {
  BatchCounts,
  Channel,
  CollectedConversation,
  ConversationSnapshot,
  StoredConversation,
  Instant,
  Lease,
  MessagePoint,
  MessageSnapshot,
  PageStatus,
  PhaseCosts,
  RunCounts,
  RunMode,
  RunTrigger,
} from './model.ts';
import type { Cooldown } from './limits/quota-usage.ts';

/** How far a walk came that ran out of time; the next one of its kind goes on there. */
export interface Checkpoint {
  /**
   * Cursor of the list page to go on with. A shortcut: when Facebook has forgotten it, the walk begins again.
   * Undefined: the whole list was met, and only what comes at its end is left.
   */
  readonly after: string | undefined;
  /** When the walk began, and the watermark it may set when it is complete. */
  readonly startedAt: Instant;
  readonly nextWatermark: Instant | undefined;
  /** Whether it goes to the end of the list, whatever its mode: the list was out of order. Default: no. */
  readonly toEnd?: boolean;
}

/** What the store remembers of a channel between walks. */
export interface WalkState {
  /** When the run began, by the database's clock: the host's may be hours off, and another host's is another one. */
  readonly startedAt: Instant;
  readonly watermark: Instant | undefined;
  readonly lastSyncedAt: Instant | undefined;
  /** How far below the watermark a walk has to look here. */
  readonly lookbackMs: number;
  /** Stored conversations above the start of the lookback; counted up to what one list call brings. */
  readonly storedInLookback: number;
  /** False once Facebook was seen to ignore `since` for this Page, or to end a list because of it. */
  readonly filterUsable: boolean;
  /** Whether the retry ledger held anything when the run began. */
  readonly hasOpenRetries: boolean;
  /** A walk of the same kind that ran out of time. */
  readonly checkpoint: Checkpoint | undefined;
  /** How many conversations with messages Facebook was last willing to answer with. */
  readonly nestedLimit: number;
}

/** A conversation that could not be collected, and why (I13). */
export interface CollectFailure {
  readonly conversationId: string;
  readonly code: string;
  readonly reason: string;
  /** Facebook says that it is not there. Default: it does not. */
  readonly isMissing?: boolean | undefined;
  /** When it last changed, where it was listed. */
  readonly updatedAt?: Instant | undefined;
}

/** A conversation of the retry ledger, as it failed last. */
export interface OpenEntry {
  readonly conversationId: string;
  readonly attempts: number;
  readonly updatedAt: Instant | undefined;
  readonly isMissing: boolean;
  /** Whether a walk to the end of the list met it although it could not be collected. */
  readonly isListed: boolean;
}

/** What a run is for. A history run steps aside for every other one, a verify for a sync. */
export type RunPurpose = 'sync' | 'verify' | 'history' | 'contacts';

/** People whose conversations are to be fetched, for the one run that holds the lease of their channel. */
export interface WantedContacts {
  /** Those whose turn has come; not those whose conversation has come by another way. */
  findDue(limit: number): Promise<readonly string[]>;
  /** Those whose conversations are in the mirror are wanted no more, and what was told of them is applied next. */
  settle(): Promise<void>;
  /** Facebook does not show their conversation: it is asked again, after longer and longer pauses. */
  postpone(contactId: string): Promise<void>;
}

export interface BeginRequest extends Channel {
  readonly purpose: RunPurpose;
  readonly runId: string;
  readonly forced: boolean;
  readonly trigger: RunTrigger;
  /** The run that the caller waits for: begin only if that one died. Undefined: begin if nobody else walks. */
  readonly insteadOf: string | undefined;
}

export interface BegunRun extends WalkState {
  readonly kind: 'begun';
  readonly lease: Lease;
  readonly mode: RunMode;
  /** The Page's access token in its envelope, as it is stored; undefined when the Page has none. */
  readonly storedToken: Secret | undefined;
  /** How long ago another process may last have called Facebook for this Page; undefined: none did. */
  readonly lastCallAgoMs: number | undefined;
  /** Of the app and of the Page, by the database's clock. */
  readonly cooldowns: readonly Cooldown[];
  /** Columns of the channel's state in which stood what cannot be true; it was read as unknown. */
  readonly nonsense: readonly string[];
}

export interface Renewal {
  /** Why the run has to end: another one has taken over, the Page is gone, or it was cancelled. */
  readonly end: TidemarkError | undefined;
  /** Of the app, by the database's clock. */
  readonly cooldowns: readonly Cooldown[];
}

/** Another run holds the lease. */
export interface OtherRun {
  readonly kind: 'other';
  readonly runId: string;
  readonly mode: RunMode;
  /** Whether it collects everything again. */
  readonly forced: boolean;
}

/** How far a run is, besides what it has written. */
export interface RunProgress {
  readonly graphCalls: number;
  readonly listed: number;
  readonly phases: PhaseCosts;
}

export interface RunFailure extends RunProgress {
  readonly code: string;
  readonly message: string;
  /** What the failure says of the Page; undefined when it says nothing. */
  readonly pageStatus: Exclude<PageStatus, 'connected' | 'paused'> | undefined;
}

/** Who may walk, across all processes, and what became of it. */
export interface RunStore {
  /** Begins a run, or names the one under way and asks it to step aside where it should. Undefined when the Page is gone or the lease just changed hands. */
  begin(request: BeginRequest): Promise<BegunRun | OtherRun | undefined>;
  /** Keeps the lease for another while, unless the run has to end. */
  renew(lease: Lease): Promise<Renewal>;
  /** Notes how far a run is, for who watches it; nothing when it no longer holds the lease. */
  note(lease: Lease, progress: RunProgress): Promise<void>;
  /** Ends a run that failed or was cancelled. What it has committed stays, the watermark stays where it was. */
  fail(lease: Lease, failure: RunFailure): Promise<void>;
  /** Whether a run still goes on; `abandoned` when its process died and another run took over. */
  stateOf(runId: string): Promise<'running' | 'ended' | 'abandoned'>;
}

/** Messages of a conversation, as Facebook showed them. */
export interface MessagesOf {
  readonly conversationId: string;
  readonly messages: readonly MessageSnapshot[];
}

export interface RowCount {
  readonly live: number;
  /** Shown, and not stored or gone. */
  readonly fresh: number;
  /** Stored with another content. */
  readonly changed: number;
}

/** A part of a conversation that was read: later than `after`, not later than `upTo`. Undefined: without that bound. */
export interface Stretch {
  readonly conversationId: string;
  readonly after: Instant | undefined;
  readonly upTo: Instant | undefined;
  readonly shown: readonly string[];
  /** How many to find at most. */
  readonly limit: number;
}

/** The mirror, seen by the one walk that holds the lease of its channel. */
export interface WalkStore {
  /** What is stored of the listed conversations, keyed by id; one query. `withRows` looks at their messages as well. */
  findStored(
    listed: readonly ConversationSnapshot[],
    options?: { readonly withRows?: boolean },
  ): Promise<ReadonlyMap<string, StoredConversation>>;
  /** Of each conversation, keyed by id: its live messages, and how many of the shown ones are not among them; one query. */
  countRows(asked: readonly MessagesOf[]): Promise<ReadonlyMap<string, RowCount>>;
  /** Live messages of a conversation in a stretch of time that are not among those shown, newest first. */
  findUnshown(stretch: Stretch): Promise<readonly string[]>;
  /**
   * Writes a batch, all or nothing (I3). Rejects with LEASE_LOST when another walk has taken over (I6), and with
   * DATA_REFUSED when the database's owner lets a row of it not in.
   */
  commit(batch: readonly CollectedConversation[]): Promise<BatchCounts>;
  /**
   * Writes messages of one conversation and nothing else: its row, its range and the retry ledger stay as they are.
   * Answers how many were not stored before. Rejects with LEASE_LOST.
   */
  appendMessages(conversationId: string, messages: readonly MessageSnapshot[]): Promise<number>;
  /** Conversations that were collected before, newest first. */
  findNewest(limit: number): Promise<readonly string[]>;
  /** Enters conversations that could not be collected into the retry ledger; collecting one takes it out again. */
  recordFailures(failures: readonly CollectFailure[]): Promise<void>;
  /** Conversations of the retry ledger whose time has come, longest waiting first. */
  findDueRetries(limit: number): Promise<readonly string[]>;
  /** All of the retry ledger, as far as a walk to the end of the list may settle it. */
  findOpenRetries(): Promise<readonly OpenEntry[]>;
  /**
   * After a walk to the end of the list: takes the `unmet` out of the retry ledger, which is no deletion, and notes that
   * the others are listed. Rejects with LEASE_LOST.
   */
  settleRetries(unmet: readonly string[]): Promise<void>;
  /** Remembers that `since` is of no use for this channel. Rejects with LEASE_LOST. */
  disableSinceFilter(): Promise<void>;
  /** Saves where the next walk of this kind goes on, before the run fails. Rejects with LEASE_LOST. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /**
   * Ends the run and gives the lease back. Only a complete walk carries a watermark, and only it moves one (I1).
   * Answers how the run is recorded: succeeded only when nothing is left in the retry ledger.
   */
  finish(outcome: SyncOutcome): Promise<'succeeded' | 'partial'>;
}

/** What a walk to the end of the list has not met, though it is stored. */
export interface UnseenConversations {
  /** At most as many as were asked for, as they are stored. */
  readonly conversations: readonly {
    readonly id: string;
    readonly contactName: string | undefined;
    readonly updatedAt: Instant | undefined;
  }[];
  /** How many there are, and how many are stored in all. */
  readonly unseen: number;
  readonly stored: number;
}

/** A verify that stopped before its end. */
export interface UnfinishedVerify {
  readonly checkpoint: Checkpoint;
  readonly notes: VerificationNotes;
}

/** What a verify does beside comparing; one of another kind does not go on with it. */
export interface VerifyKind {
  readonly repairs: boolean;
  /** Every message that was written since is read again; 0: every one. Undefined: none without a reason. */
  readonly deepSince: Instant | undefined;
}

/** A verify as one run finds it: new, or where the run before stopped, in any process. */
export interface OpenedVerify {
  readonly verifyStore: VerifyStore;
  readonly unfinished: UnfinishedVerify | undefined;
}

/** What a verify notes while it walks, however many runs it takes. */
export interface VerifyStore {
  /** Saves it for the next verify of its kind; all up to the checkpoint is collected. Rejects with LEASE_LOST. */
  save(unfinished: UnfinishedVerify): Promise<void>;
  /** Notes what a list page showed. `shouldYield` says that a sync waits for the Page. Rejects with LEASE_LOST. */
  recordSeen(conversationIds: readonly string[]): Promise<{ readonly shouldYield: boolean }>;
  /** Whether a sync waits for the Page. Rejects with LEASE_LOST. */
  shouldYield(): Promise<boolean>;
  /** Stored conversations that were not seen nor probed; without those that were written since the verify began. */
  findUnseen(query: { readonly limit: number; readonly probed: readonly string[] }): Promise<UnseenConversations>;
  /** Marks conversations as deleted; a later walk that meets one takes the mark away. Rejects with LEASE_LOST. */
  markDeleted(conversationIds: readonly string[]): Promise<void>;
  /** Forgets all that was noted, and the checkpoint. Rejects with LEASE_LOST. */
  forget(): Promise<void>;
}

/** A conversation whose older messages are still to be brought. */
export interface OpenHistory {
  readonly conversationId: string;
  readonly oldest: MessagePoint;
  /** Cursor to what is older than `oldest`, when it is known. */
  readonly cursor: string | undefined;
  /** Live messages stored of it. */
  readonly stored: number;
  /** Whether Facebook refused its older messages, or showed none, when they were asked for before. */
  readonly wasRefused: boolean;
}

export interface HistoryStep {
  readonly conversationId: string;
  readonly messages: readonly MessageSnapshot[];
  /** The oldest stored message and cursor after this step. */
  readonly oldest: MessagePoint;
  readonly cursor: string | undefined;
  /** At the end of the list: whether that makes it complete in any case, or only when Facebook counts no more messages. */
  readonly end: 'believed' | 'doubted' | undefined;
}

/** The mirror, seen by the one history run that holds the lease of its channel. */
export interface HistoryStore {
  /** Conversations with fewer than `depth` messages stored and older ones to bring, newest first. */
  findOpen(query: { readonly limit: number; readonly depth: number }): Promise<readonly OpenHistory[]>;
  /** How many of these there are, counted up to `limit`. */
  countOpen(query: { readonly limit: number; readonly depth: number }): Promise<number>;
  /** Writes a step, all or nothing. Rejects with LEASE_LOST; `shouldYield` says that a sync waits for the Page. */
  commit(
    step: HistoryStep,
  ): Promise<{ readonly eventsCreated: number; readonly complete: boolean; readonly shouldYield: boolean }>;
  /**
   * Leaves a conversation alone for a while: Facebook refuses its older messages. That is no deletion. Rejects with
   * LEASE_LOST; `shouldYield` says that another run waits for the Page.
   */
  postpone(refusal: {
    readonly conversationId: string;
    readonly reason: string;
    readonly againInMs: number;
  }): Promise<{ readonly shouldYield: boolean }>;
  /** Ends the run and gives the lease back; `partial` when conversations are still open. */
  finish(outcome: {
    readonly depth: number;
    readonly graphCalls: number;
    readonly phases?: PhaseCosts;
  }): Promise<'succeeded' | 'partial'>;
}

/** How a run that did not fail is recorded, and what it did. */
export interface SyncResult {
  readonly status: 'succeeded' | 'partial';
  readonly counts: RunCounts;
  /** How far a walk came that was not complete; undefined when it was, and when it must begin again. */
  readonly checkpoint: Checkpoint | undefined;
}

/** A code of the catalogue and a sentence. */
export interface RunReason {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface SyncOutcome {
  readonly startedAt: Instant;
  /**
   * How the walk ended: at its end, with all that it found collected or in the retry ledger (no watermark: the list
   * was empty), or before it, with what is left to do (undefined: from the start).
   */
  readonly end:
    | { readonly kind: 'complete'; readonly watermark: Instant | undefined }
    /** At its end, but it only looked: nothing moves. */
    | { readonly kind: 'inspected' }
    | { readonly kind: 'stopped'; readonly checkpoint: Checkpoint | undefined };
  /** Why the run is partial, when that is neither for lack of time nor for the retry ledger. */
  readonly reason?: RunReason | undefined;
  readonly nestedLimit: number;
  /** How far the next walks look back, after one that met what earlier ones had missed; undefined: as before. */
  readonly lookbackMs?: number | undefined;
  readonly counts: RunCounts;
  /** Conversations listed; all of the Page's after a walk to the end. */
  readonly listed: number;
  /** Added by who measures. */
  readonly phases?: PhaseCosts;
}
