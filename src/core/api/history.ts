/** The fetching of older messages, as it is asked for and answered. */
import type { EventSink } from '../events.ts';
import type { Platform, RunTrigger } from '../model.ts';
import type { PageRef } from './pages.ts';

export interface HistoryRequest {
  /** Only these channels. Default: all. */
  readonly platform?: Platform | undefined;
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
