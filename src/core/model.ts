/**
 * The words of the domain as plain data. Everything else speaks in these shapes; nothing here knows where they come
 * from or where they go. What Facebook may leave out is `undefined`, never a guess.
 */

export const PLATFORMS = ['messenger', 'instagram'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A Page on one platform: the unit of lease, watermark, quota, retry ledger, schedule, job and run. */
export interface Channel {
  readonly pageId: string;
  readonly platform: Platform;
}

/** The channel as the key of a map or of a job. */
export function toKey({ pageId, platform }: Channel): string {
  return `${pageId} ${platform}`;
}

/** The right to walk a channel. `fence` grows with every holder: writes of an older one are refused (I6). */
export interface Lease extends Channel {
  readonly runId: string;
  readonly fence: number;
}

/** Milliseconds since 1970-01-01T00:00:00Z. Graph times have a resolution of one second. */
export type Instant = number;

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export const PAGE_STATUSES = [
  'connected',
  'token_expired',
  'permission_missing',
  'failed',
  'throttled',
  'paused',
] as const;
export type PageStatus = (typeof PAGE_STATUSES)[number];

/** Names a Page by either id. When both are given they must belong together. */
export interface PageRef {
  /** The uuid, `facebook_pages.id`. */
  readonly pageId?: string | undefined;
  /** Facebook's own id of the Page. */
  readonly facebookPageId?: string | undefined;
}

/** A Page, or one of its channels. */
export interface ChannelRef extends PageRef {
  /** Only this one. Default: every channel of the Page. */
  readonly platform?: Platform | undefined;
}

/** A Facebook Page as this mirror knows it. `id` is ours (uuid), `facebookPageId` is Facebook's. */
export interface Page {
  readonly id: string;
  readonly facebookPageId: string;
  readonly name: string | undefined;
  readonly isActive: boolean;
  readonly status: PageStatus;
  readonly statusDetail: string | undefined;
  readonly instagramAccountId: string | undefined;
  /** Whether Facebook was asked for that account within the last day. */
  readonly isInstagramChecked: boolean;
  readonly userId: string | undefined;
  /** Messenger always; Instagram where the Page has an account there. The Page's status and time come of them. */
  readonly channels: readonly ChannelState[];
  readonly lastSyncedAt: Instant | undefined;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** A channel as its Page shows it. */
export interface ChannelState {
  readonly platform: Platform;
  readonly status: Exclude<PageStatus, 'paused'>;
  readonly statusDetail: string | undefined;
  readonly lastSyncedAt: Instant | undefined;
}

export interface Participant {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly username: string | undefined;
  readonly email: string | undefined;
}

/** A message as Facebook showed it. `raw` is the answer's own JSON object, whole. */
export interface MessageSnapshot {
  readonly id: string;
  readonly createdAt: Instant | undefined;
  readonly from: Participant | undefined;
  readonly direction: 'inbound' | 'outbound' | undefined;
  readonly text: string | undefined;
  readonly attachments: readonly JsonValue[];
  readonly reactions: readonly JsonValue[];
  readonly replyTo: string | undefined;
  readonly raw: JsonObject;
}

/** One page of a cursor list. `after` is undefined at the end of the list, and only there. */
export interface CursorPage<T> {
  readonly items: readonly T[];
  readonly after: string | undefined;
}

/**
 * A conversation as Facebook showed it. A light listing leaves `messages` undefined; a nested one fills it with the
 * newest messages, newest first. `raw` is the answer's own JSON object without its messages.
 */
export interface ConversationSnapshot {
  readonly id: string;
  readonly updatedAt: Instant | undefined;
  readonly messageCount: number | undefined;
  readonly unreadCount: number | undefined;
  readonly snippet: string | undefined;
  readonly link: string | undefined;
  readonly participants: readonly Participant[];
  /** Who the Page talks to; undefined when Facebook names nobody but the Page. */
  readonly contact: Participant | undefined;
  readonly messages: CursorPage<MessageSnapshot> | undefined;
  readonly raw: JsonObject;
}

export interface ConversationList extends CursorPage<ConversationSnapshot> {
  /** The host's own clock: the instant as of which the answer is true. */
  readonly servedAt: Instant | undefined;
  /** Facebook refused to list it with the `since` that was asked for; it came without. Default: it did not. */
  readonly isSinceRefused?: boolean | undefined;
}

/** One message as a position in its conversation. */
export interface MessagePoint {
  readonly id: string;
  readonly createdAt: Instant | undefined;
}

/** The contiguous range of stored messages (I14): from the newest that a sync has seen down to the oldest. */
export interface ContiguousRange {
  readonly newest: MessagePoint;
  readonly oldest: MessagePoint;
}

/** What is stored of a conversation, as far as deciding needs it. */
export interface StoredConversation {
  /** `updatedAt` and `messageCount` as of the last collect; undefined when its messages were never collected. */
  readonly collectedUpdatedAt: Instant | undefined;
  readonly collectedMessageCount: number | undefined;
  readonly collected: boolean;
  readonly range: ContiguousRange | undefined;
  readonly historyComplete: boolean;
  /** Messages that were stored after the last collect, without those that are gone; undefined when nobody counted. */
  readonly heldMessageCount: number | undefined;
  /** What is stored now; only where that was asked for. */
  readonly rows: MessageRows | undefined;
  readonly deleted: boolean;
  /** Whether the row already says what the listing says. */
  readonly sameSnapshot: boolean;
}

/** The messages of a conversation as they lie in the store. */
export interface MessageRows {
  /** Without those that are gone at Facebook. */
  readonly live: number;
  /** Whether both ends of the contiguous range are among the rows. */
  readonly hasEnds: boolean;
}

/** A conversation ready to be written. */
export interface CollectedConversation {
  readonly snapshot: ConversationSnapshot;
  /** Messages to write, in any order; those that are stored already cost nothing. */
  readonly messages: readonly MessageSnapshot[];
  /** The range after this write. Undefined for a light snapshot, and for a conversation without any message. */
  readonly range: ContiguousRange | undefined;
  /** Facebook's cursor to what is older than the range; undefined when its end has not moved or nothing is older. */
  readonly olderCursor: string | undefined;
  readonly historyComplete: boolean;
  /** Ids of stored messages that are proved to be gone at Facebook. Default: none. */
  readonly gone?: readonly string[];
  /** False for a light snapshot: the row is refreshed, what was collected stays as it is. */
  readonly collected: boolean;
}

/** An entry of the retry ledger: a conversation that could not be collected yet (I13). */
export interface OpenRetry {
  readonly conversationId: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly firstFailedAt: Instant;
  readonly nextAttemptAt: Instant;
}

export const SYNC_MODES = ['full', 'incremental'] as const;
export type SyncMode = (typeof SYNC_MODES)[number];
export const RUN_MODES = [...SYNC_MODES, 'verify', 'history', 'contacts'] as const;
export type RunMode = (typeof RUN_MODES)[number];

/** How long a lease lasts without being renewed. A dead process is replaced within this time. */
export const LEASE_MS = 20_000;

export const RUN_TRIGGERS = ['api', 'cli', 'schedule', 'library', 'demo'] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];
export const RUN_STATUSES = ['running', 'succeeded', 'partial', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** What a job does for its channel. */
export const QUEUE_NAMES = ['sync', 'verify', 'history'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** What a run has done so far; conversations but for `eventsCreated` (messages) and `graphCalls`. */
export interface RunCounts {
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly deleted: number;
  readonly eventsCreated: number;
  readonly graphCalls: number;
}

export const NO_COUNTS: RunCounts = {
  synced: 0,
  inserted: 0,
  updated: 0,
  skipped: 0,
  deleted: 0,
  eventsCreated: 0,
  graphCalls: 0,
};

/** What one written batch changed. */
export interface BatchCounts {
  readonly inserted: number;
  readonly updated: number;
  /** Conversations that turned out to be current. Default: none. */
  readonly unchanged?: number;
  readonly eventsCreated: number;
}

/** What two runs have done together. */
export function addCounts(one: RunCounts, other: RunCounts): RunCounts {
  return {
    synced: one.synced + other.synced,
    inserted: one.inserted + other.inserted,
    updated: one.updated + other.updated,
    skipped: one.skipped + other.skipped,
    deleted: one.deleted + other.deleted,
    eventsCreated: one.eventsCreated + other.eventsCreated,
    graphCalls: one.graphCalls + other.graphCalls,
  };
}

export function addBatch(counts: RunCounts, batch: BatchCounts): RunCounts {
  return {
    ...counts,
    synced: counts.synced + batch.inserted + batch.updated,
    inserted: counts.inserted + batch.inserted,
    updated: counts.updated + batch.updated,
    skipped: counts.skipped + (batch.unchanged ?? 0),
    eventsCreated: counts.eventsCreated + batch.eventsCreated,
  };
}

/** What a run is busy with. `settle`: verify asks for what the list did not show. `commit`: it writes. */
export const RUN_PHASES = ['survey', 'collect', 'settle', 'history', 'commit'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

export interface PhaseCost {
  /** Calls to Facebook. */
  readonly calls: number;
  /** How long it was at work, waiting for its turn to call included; phases go on side by side. */
  readonly durationMs: number;
  /** Conversations and messages that came, or, of `commit`, that were written. */
  readonly rows: number;
}

/** Only of the phases that there were. */
export type PhaseCosts = { readonly [Phase in RunPhase]?: PhaseCost };

export interface Run extends RunCounts, Channel {
  readonly id: string;
  readonly pageName: string | undefined;
  /** Of its channel, when the run is read: later runs may have moved it. Undefined as well while a full sync is asked for. */
  readonly lastSyncedAt: Instant | undefined;
  readonly mode: RunMode;
  readonly trigger: RunTrigger;
  readonly status: RunStatus;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | undefined;
  /** Conversations listed; all of the Page's after a walk to the end. */
  readonly listed: number;
  readonly phases: PhaseCosts;
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
}
