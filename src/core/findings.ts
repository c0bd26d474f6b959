/**
 * What a verify may say of a conversation. It must never call a conversation deleted because it was not shown: being
 * asked for by its id, and not being there, is what proves it (I10).
 */
import { type Comparison, differs } from './plan.ts';
import type { Instant } from './model.ts';

/** Missing: Facebook lists it, the mirror lacks it. Stale: the mirror holds an older state. Deleted: gone at Facebook. */
export type FindingKind = 'missing' | 'stale' | 'deleted';

export interface Finding {
  readonly kind: FindingKind;
  readonly conversationId: string;
  readonly contactName: string | undefined;
  /** When it last changed; of one that is gone, as far as the mirror knows. */
  readonly updatedAt: Instant | undefined;
  /** An incremental walk has vouched for it: it changed below the cut, and was not met. That is a fault of ours. */
  readonly shouldHaveBeenMet: boolean;
  readonly repaired: boolean;
}

/** What earlier walks have said. */
export interface Vouched {
  /** Below it they have met everything; undefined when no walk was complete yet. */
  readonly cutAt: Instant | undefined;
  /** Conversations that they met and could not collect. */
  readonly failed: ReadonlySet<string>;
}

export interface InspectionCounts {
  readonly missing: number;
  readonly stale: number;
  readonly deleted: number;
  readonly repaired: number;
  /** Of the missing and stale ones: those that an incremental walk should have met. */
  readonly shouldHaveBeenMet: number;
}

/** What a verify has found so far, as it outlives the process. */
export interface InspectionNotes {
  /** The first of them; the counts know all. */
  readonly findings: readonly Finding[];
  readonly counts: InspectionCounts;
  /** Conversations that were found to differ and are not repaired. */
  readonly unrepaired: readonly string[];
  /** Conversations listed. */
  readonly listed: number;
  /** Conversations that were not listed and have been asked for by id; and of how many Facebook does not speak. */
  readonly asked: readonly string[];
  readonly unanswered: number;
}

/** The difference, if there is one. */
export function judge(comparison: Comparison, { cutAt, failed }: Vouched): Finding | undefined {
  if (!differs(comparison)) return undefined;
  const { listed, held } = comparison;
  const { updatedAt } = listed;
  const isUnseen = held === undefined || !held.collected;
  // A change that moves nothing, such as a message taken away, is not shown to an incremental walk.
  const hasMoved =
    isUnseen ||
    (updatedAt !== undefined && held.collectedUpdatedAt !== undefined && updatedAt > held.collectedUpdatedAt);
  return {
    kind: isUnseen ? 'missing' : 'stale',
    conversationId: listed.id,
    contactName: listed.contact?.name ?? listed.contact?.username,
    updatedAt,
    shouldHaveBeenMet:
      hasMoved && !failed.has(listed.id) && cutAt !== undefined && updatedAt !== undefined && updatedAt < cutAt,
    repaired: false,
  };
}

/** So few may always be gone. */
const ALWAYS_PLAUSIBLE = 20;
const MOST_GONE_SHARE = 0.1;

/** Whether so many may be gone at once; more look like a list that Facebook shows in part. */
export function arePlausiblyGone({ unseen, held }: { readonly unseen: number; readonly held: number }): boolean {
  return unseen <= Math.max(ALWAYS_PLAUSIBLE, held * MOST_GONE_SHARE);
}
