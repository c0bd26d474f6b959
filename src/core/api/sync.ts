/** Syncs as they are asked for and answered, of one Page and of many. */
import type { EventSink } from '../events.ts';
import type { RunTrigger, SyncMode } from '../model.ts';
import type { PageRef } from './pages.ts';

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
  /** Conversations that Facebook would not give, longest waiting first; the first hundred. Later syncs ask again. */
  readonly openRetries: readonly OpenRetryAnswer[];
}

export interface OpenRetryAnswer {
  readonly conversationId: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly firstFailedAt: string;
  /** Not asked for again before. */
  readonly nextAttemptAt: string;
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
  /** Conversations that Facebook would not give, of a Page that did not fail. */
  readonly openRetries?: readonly OpenRetryAnswer[];
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
