/** Verifies as they are asked for and answered, of one Page and of many. */
import type { EventSink } from '../events.ts';
import type { RunTrigger } from '../model.ts';
import type { PageRef } from './pages.ts';

export interface VerifyRequest extends PageRef {
  /** Collect what differs, and mark what is gone as deleted. Default: false, only report. */
  readonly repair?: boolean | undefined;
  /** Stop between calls after this long and answer `partial`; the next one goes on from there. Default: no bound. */
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
  readonly missedBySync: boolean;
  readonly repaired: boolean;
}

export interface VerifyAnswer {
  readonly success: true;
  /** The last run of it; a verify takes several when syncs come in between, or its time was over. */
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
    readonly missedBySync: number;
  };
  /** Why some conversations that were not listed are not called deleted; null when all is known. */
  readonly inconclusive: string | null;
  /** Whether it came to its end. When not, the next verify with the same `repair` goes on where this one stopped. */
  readonly complete: boolean;
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
