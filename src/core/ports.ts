/**
 * What the algorithm needs from the outside world but the store: time, and Facebook with its limits on calls. `graph` and
 * `engine` implement these; the sync knows nothing else of them.
 */
import type { SyncEventBody } from './events.ts';
import type { Channel, ConversationList, ConversationSnapshot, CursorPage, Instant, MessageSnapshot } from './model.ts';
import type { Priority } from './limits/priority-queue.ts';
import type { Cooldown, QuotaUsage } from './limits/quota-usage.ts';

/** A reading of the monotonic clock, in whole milliseconds. It means nothing to another process. */
export type MonotonicMs = number;

export interface Clock {
  /**
   * For what is shown to people and proved to Facebook. The host's clock may be set at any time: what is stored, and what
   * is compared with that, is Facebook's time or the database's, and a duration is measured by the monotonic clock.
   */
  now(): Instant;
  /** For durations, pace and deadlines inside the process: only ever goes forward, at its own steady pace. */
  monotonicMs(): MonotonicMs;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** When a run has to stop between calls. */
export interface Deadline {
  /** Its time is over then; Infinity: never. */
  readonly at: MonotonicMs;
  /** Whether it has to stop now, for lack of time or for another reason. */
  isOver(): boolean;
}

export interface AcquireOptions {
  /** Those with high priority are admitted before all others. Default: normal. */
  readonly priority?: Priority | undefined;
  /** When the caller's time is over: a cooldown that ends later is waited for no longer than a moment. Default: never. */
  readonly deadline?: MonotonicMs | undefined;
}

/** What limits the calls of one channel, or those of no Page (I7). */
export interface CallLimits {
  /**
   * Resolves when one call may be made, now; waits its turn until then. Rejects with THROTTLED when that is too far
   * off. Whoever was admitted calls `onSent` when the call has left for Facebook, or never will: it is from then that
   * the call counts, and the next one waits for it. Calling it again changes nothing.
   */
  acquire(signal?: AbortSignal, options?: AcquireOptions): Promise<() => void>;
  /**
   * Facebook asked for a cooldown: from now on nobody is admitted whose calls count on that quota. Resolves when this
   * is stored for other processes, as far as it is worth it.
   */
  block(cooldown: Cooldown): Promise<void>;
  /** What an answer told of the quotas; one that is used up is blocked before it refuses. Resolves as `block` does. */
  noteUsage(usages: readonly QuotaUsage[]): Promise<void>;
}

/** Facebook's quotas as far as this process knows them: one of the app, one of each channel. */
export interface Quotas {
  /** The cooldowns that other processes, or this one before it was started again, were told of. */
  apply(channel: Channel, cooldowns: readonly Cooldown[]): void;
  /** Of the most used quota that the channel's calls count on, in percent; 100 or more during a cooldown. */
  utilization(channel: Channel): number;
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
  /** High for what gives other calls something to do. Default: normal. */
  readonly priority?: Priority;
}

/** One Page's conversations at Facebook. Each method makes one call (retries of passing faults are calls as well). */
export interface ConversationSource {
  listConversations(request: ListRequest, signal?: AbortSignal): Promise<ConversationList>;
  /** The conversation with its newest messages, or undefined when Facebook will not show it. */
  fetchConversation(
    request: { readonly conversationId: string; readonly messages: number },
    signal?: AbortSignal,
  ): Promise<ConversationSnapshot | undefined>;
  /** The conversation with a person, with its newest messages; undefined when Facebook shows none. */
  findConversation(
    request: { readonly contactId: string; readonly messages: number },
    signal?: AbortSignal,
  ): Promise<ConversationSnapshot | undefined>;
  /** Older messages of a conversation, newest first. */
  listMessages(
    request: { readonly conversationId: string; readonly limit: number; readonly after: string | undefined },
    signal?: AbortSignal,
  ): Promise<CursorPage<MessageSnapshot>>;
  /** Whether Facebook shows a message by its id. Rejects when it will not say. */
  showsMessage(messageId: string, signal?: AbortSignal): Promise<boolean>;
  /** Of a conversation's newest messages, how many Facebook shows for certain while they are there. */
  readonly readableMessages: number;
  /** Calls made so far through this source. */
  callCount(): number;
}

/** The run that a source is opened for. */
export interface SourceUse {
  readonly emit: Emit;
  /** When its time is over: it waits for no cooldown that ends later. Infinity: never. */
  readonly deadline: MonotonicMs;
}

export type Emit = (event: SyncEventBody) => void;
