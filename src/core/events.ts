/**
 * What the sync tells about itself while it runs. Logs, progress bars, streams and metrics subscribe to this one
 * union; the algorithm knows none of them.
 */
import type { Instant, Page, RunCounts, RunMode, RunTrigger } from './model.ts';

export interface RunIdentity {
  readonly runId: string;
  readonly page: Pick<Page, 'id' | 'facebookPageId' | 'name'>;
  readonly mode: RunMode;
}

export type SyncEvent = RunIdentity &
  (
    | { readonly type: 'run-started'; readonly trigger: RunTrigger; readonly lookbackStart: Instant | undefined }
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
    | { readonly type: 'call-delayed'; readonly waitMs: number; readonly reason: string }
    | {
        readonly type: 'run-finished';
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
