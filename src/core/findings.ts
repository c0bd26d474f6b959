/**
 * What a verify may say of a conversation. It must never call a conversation deleted because it was not shown: being
 * asked for by its id, and not being there, is what proves it (I10).
 */
import { type Comparison, differs, isBefore, isNewer } from './plan.ts';
import type { ConversationSnapshot, Instant } from './model.ts';

/** Missing: Facebook lists it, the mirror lacks it. Stale: an older state is stored. Deleted: gone at Facebook. */
export type FindingKind = 'missing' | 'stale' | 'deleted';

export interface Finding {
  readonly kind: FindingKind;
  readonly conversationId: string;
  readonly contactName: string | undefined;
  /** When it last changed; of one that is gone, as far as the mirror knows. */
  readonly updatedAt: Instant | undefined;
  /** It changed before the lookback of the next sync, and no sync has met it. That is a fault of ours. */
  readonly missedBySync: boolean;
  readonly repaired: boolean;
}

/** What the syncs before have said. */
export interface PriorSyncs {
  /** Below it they have met everything; undefined when no walk was complete yet. */
  readonly lookbackStart: Instant | undefined;
  /** Conversations that they met and could not collect. */
  readonly failed: ReadonlySet<string>;
}

export interface VerificationCounts {
  readonly missing: number;
  readonly stale: number;
  readonly deleted: number;
  readonly repaired: number;
  /** Of the missing and stale ones: those that a sync has missed. */
  readonly missedBySync: number;
}

/** What a verify has found so far, as it outlives the process. */
export interface VerificationNotes {
  /** The first of them; the counts know all. */
  readonly findings: readonly Finding[];
  readonly counts: VerificationCounts;
  /** Conversations that were found to differ and are not repaired. */
  readonly unrepaired: readonly string[];
  /** Conversations listed. */
  readonly listed: number;
  /** Conversations that were not listed and were read by id; and how many of them Facebook neither shows nor calls gone. */
  readonly probed: readonly string[];
  readonly unreadable: number;
  /** Since when it reads every message again; 0: all of them. */
  readonly deepSince: Instant | undefined;
}

export const NO_NOTES: VerificationNotes = {
  findings: [],
  counts: { missing: 0, stale: 0, deleted: 0, repaired: 0, missedBySync: 0 },
  unrepaired: [],
  listed: 0,
  probed: [],
  unreadable: 0,
  deepSince: undefined,
};

/** What a verify has found, as its caller gets it. */
export interface VerificationReport extends Pick<VerificationNotes, 'findings' | 'counts' | 'listed'> {
  /** Why some that were not shown are neither called deleted nor there; undefined when all is known. */
  readonly inconclusive: string | undefined;
}

/** The difference, if there is one. */
export function toFinding(comparison: Comparison, { lookbackStart, failed }: PriorSyncs): Finding | undefined {
  if (!differs(comparison)) return undefined;
  const { listed, stored } = comparison;
  const isMissing = stored === undefined || !stored.collected;
  // A change that moves nothing, such as a message taken away, is not shown to an incremental walk.
  const hasMoved = isMissing || isNewer(listed.updatedAt, stored.collectedUpdatedAt);
  const missedBySync = hasMoved && !failed.has(listed.id) && isBefore(listed, lookbackStart);
  return { ...toStale(listed), kind: isMissing ? 'missing' : 'stale', missedBySync };
}

/** A conversation whose messages were edited, reacted to or taken back: nothing that a walk could see. */
export function toStale({ id, contact, updatedAt }: ConversationSnapshot): Finding {
  const contactName = contact?.name ?? contact?.username;
  return { kind: 'stale', conversationId: id, contactName, updatedAt, missedBySync: false, repaired: false };
}

/** So few may always be gone. */
const ALWAYS_PLAUSIBLE = 20;
const MOST_GONE_SHARE = 0.1;

/** Whether so many may be gone at once; more look like a list that Facebook shows in part. */
export function arePlausiblyGone({ unseen, stored }: { readonly unseen: number; readonly stored: number }): boolean {
  return unseen <= Math.max(ALWAYS_PLAUSIBLE, stored * MOST_GONE_SHARE);
}
