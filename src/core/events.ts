/**
 * What the sync tells about itself while it runs. Logs, progress bars, streams and metrics subscribe to this one
 * union; the algorithm knows none of them.
 */
import type { ErrorCode } from './error-catalogue.ts';
import type { Usage } from './limits/quota-usage.ts';
import type { Channel, Instant, Page, Platform, RunCounts, RunMode, RunTrigger } from './model.ts';

/**
 * What a call asks for. Of a Page's conversations: a list without messages or with them, a conversation with its
 * messages or only whether it is there, messages. Of a token: the Pages of a person, the Page of a Page's token, or what it may do.
 */
export type CallKind = 'light' | 'nested' | 'single' | 'probe' | 'messages' | 'accounts' | 'page' | 'token';

/** One HTTP call to Facebook. Each retry is a call of its own. */
export interface CallReport {
  readonly kind: CallKind;
  /** `ok`, or the code of the error that the call ended with; `aborted` when it was called off. */
  readonly status: 'ok' | 'aborted' | ErrorCode;
  /** Facebook's error code, when it refused with one. */
  readonly graphCode: number | undefined;
  /** From sending to the last byte. */
  readonly durationMs: number;
  /** For its turn, by the rate limit and by cooldowns. */
  readonly waitedMs: number;
  /** How much of which quota is used, as the answer told. What a single call costs, Facebook does not tell. */
  readonly usage: Usage;
}

export interface CallFinished extends CallReport {
  readonly type: 'call-finished';
  /** Undefined for calls of no Page. */
  readonly channel: Channel | undefined;
}

export interface RunIdentity {
  readonly runId: string;
  readonly page: Pick<Page, 'id' | 'facebookPageId' | 'name'>;
  readonly platform: Platform;
  readonly mode: RunMode;
}

export type SyncEvent = RunIdentity &
  (
    | { readonly type: 'run-started'; readonly trigger: RunTrigger; readonly lookbackStart: Instant | undefined }
    /** What stood in these columns of the channel's state cannot be true, and was replaced. */
    | { readonly type: 'state-mended'; readonly columns: readonly string[] }
    | { readonly type: 'list-requested' }
    /** `listed` and `differing` are of this list page. */
    | { readonly type: 'list-surveyed'; readonly listed: number; readonly differing: number }
    | { readonly type: 'survey-finished' }
    | { readonly type: 'survey-restarted'; readonly reason: string }
    /** `conversations` that are known are read one by one instead. */
    | { readonly type: 'list-refused'; readonly reason: string; readonly conversations: number }
    | { readonly type: 'filter-disabled'; readonly reason: string }
    | { readonly type: 'order-violated'; readonly conversationId: string }
    | { readonly type: 'batch-processing'; readonly conversations: number }
    | { readonly type: 'batch-committed'; readonly counts: RunCounts }
    /** An entry of an answer that could not be read: `index` in the list that `subject` names. */
    | {
        readonly type: 'item-unreadable';
        readonly subject: string;
        readonly conversationId: string | undefined;
        readonly itemId: string | undefined;
        readonly index: number;
        readonly reason: string;
      }
    | { readonly type: 'conversation-failed'; readonly conversationId: string; readonly reason: string }
    /** `conversations` whose older messages are to be brought; at least so many. */
    | { readonly type: 'history-begun'; readonly conversations: number }
    /** `messages` that were not stored before; `complete` down to the first one. */
    | {
        readonly type: 'history-committed';
        readonly conversationId: string;
        readonly messages: number;
        readonly complete: boolean;
      }
    /** Older messages are not looked for after a sync; the next one tries again. */
    | { readonly type: 'history-not-begun'; readonly reason: string }
    | { readonly type: 'listener-failed'; readonly reason: string }
    | CallFinished
    | { readonly type: 'call-delayed'; readonly waitMs: number; readonly reason: string }
    | {
        readonly type: 'run-finished';
        readonly trigger: RunTrigger;
        readonly status: 'succeeded' | 'partial';
        readonly counts: RunCounts;
        readonly durationMs: number;
      }
    | { readonly type: 'run-failed'; readonly code: string; readonly message: string; readonly durationMs: number }
  );

type WithoutIdentity<E> = E extends RunIdentity ? Omit<E, keyof RunIdentity> : never;
/** An event before the run it belongs to is attached. */
export type SyncEventBody = WithoutIdentity<SyncEvent>;

export type EventSink = (event: SyncEvent) => void;

/** Everything that happens in the engine; a call that belongs to no run stands by itself. */
export type EngineEvent = SyncEvent | (CallFinished & { readonly runId?: undefined });
export type EngineEventSink = (event: EngineEvent) => void;
