/**
 * What the algorithm needs from the outside world but the store: time, and Facebook with its budget of calls. `graph` and
 * `engine` implement these; the sync knows nothing else of them.
 */
import type { SyncEventBody } from './events.ts';
import type { ConversationList, ConversationSnapshot, CursorPage, Instant, MessageSnapshot } from './model.ts';
import type { PoolUsage, Quiet } from './quota.ts';
import type { Lease } from './store-ports.ts';

export interface Clock {
  now(): Instant;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** When a run has to stop between calls. */
export interface Deadline {
  /** Its time is over then; Infinity: never. */
  readonly at: Instant;
  /** Whether it has to stop now, for lack of time or for another reason. */
  isOver(): boolean;
}

export interface EnterOptions {
  /** Passes all who wait and do not. Default: false. */
  readonly goesFirst?: boolean | undefined;
  /** When the caller's time is over: a pool that opens later is waited for no longer than a moment. Default: never. */
  readonly endsAt?: Instant | undefined;
}

/** Admission to calls of one Page and platform (I7). */
export interface CallGate {
  /**
   * Resolves when one call may start, now; waits its turn until then. Rejects with THROTTLED when that is too far
   * off. Whoever was let in calls `departed` when the call has left for Facebook, or never will: it is from then
   * that the call counts, and the next one waits for it. Calling it again changes nothing.
   */
  enter(signal?: AbortSignal, options?: EnterOptions): Promise<() => void>;
  /**
   * Facebook asked for quiet: from now on nobody who draws on that pool is let in. Resolves when this is remembered
   * beyond the process, as far as it is worth it.
   */
  park(quiet: Quiet): Promise<void>;
  /** What an answer told of the pools; a full one is parked before it refuses. Resolves as `park` does. */
  noteUsage(pools: readonly PoolUsage[]): Promise<void>;
}

/** Facebook's large pools of calls, as far as this process knows them: one of the app, one of each Page and platform. */
export interface CallPools {
  /** Parks them for as long as other processes, or this one before it was started again, were told to. */
  heed(lease: Lease, parked: readonly Quiet[]): void;
  /** How full the fullest pool is that the holder of the lease draws on, in percent; 100 or more while it is parked. */
  fill(lease: Lease): number;
}

export interface ListRequest {
  /** Conversations asked for; Facebook may bring fewer. */
  readonly limit: number;
  /** Cursor of the list page before; undefined at the head. */
  readonly after: string | undefined;
  /** Newest messages per conversation to bring along; 0 for a light listing. */
  readonly messages: number;
  /** Asks Facebook to leave out what is older. It may ignore that or get it wrong. */
  readonly since: Instant | undefined;
  /** Passes other calls that wait for the budget: what it brings gives them something to do. Default: false. */
  readonly goesFirst?: boolean;
}

/** One Page's conversations at Facebook. Each method makes one call (retries of passing faults are calls as well). */
export interface ConversationSource {
  listConversations(request: ListRequest, signal?: AbortSignal): Promise<ConversationList>;
  /** The conversation with its newest messages, or undefined when Facebook will not show it. */
  fetchConversation(
    request: { readonly conversationId: string; readonly messages: number },
    signal?: AbortSignal,
  ): Promise<ConversationSnapshot | undefined>;
  /** Older messages of a conversation, newest first. */
  listMessages(
    request: { readonly conversationId: string; readonly limit: number; readonly after: string | undefined },
    signal?: AbortSignal,
  ): Promise<CursorPage<MessageSnapshot>>;
  /** Calls made so far through this source; of one kind, when it is named. */
  callCount(kind?: CallKind): number;
}

/** The run that a source is opened for. */
export interface SourceUse {
  readonly emit: Emit;
  /** It waits for no pool that opens later. */
  readonly deadline: Deadline;
}

/** What a call asks for: a list without messages or with them, a conversation with them or only whether it is there, messages. */
export type CallKind = 'light' | 'nested' | 'single' | 'probe' | 'messages';

export type Emit = (event: SyncEventBody) => void;
