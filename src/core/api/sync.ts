/** Syncs as they are asked for and answered, of one Page and of many. */
import type { EventSink } from '../events.ts';
import type { Platform, RunTrigger, SyncMode } from '../model.ts';
import type { ChannelRef, PageRef } from './pages.ts';

export interface SyncRequest extends ChannelRef {
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
  /** What came of each channel; the fields above are of all of them together, `runId` is the first one's. */
  readonly channels: readonly ChannelSyncAnswer[];
}

export interface ChannelSyncAnswer {
  readonly platform: Platform;
  /** Neither is known of a channel that failed. */
  readonly runId?: string | undefined;
  readonly syncMode?: SyncMode | undefined;
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly eventsCreated: number;
  readonly status: 'succeeded' | 'partial' | 'failed';
  readonly lastSyncedAt: string | null;
  readonly graphCalls: number;
  readonly durationMs: number;
  readonly error?: string | undefined;
  readonly code?: string | undefined;
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
  /** Of a Page that did not fail. */
  readonly channels?: readonly ChannelSyncAnswer[] | undefined;
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
