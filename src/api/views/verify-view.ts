/** Verifies as they are shown: of one Page, and of all. */
import type { TidemarkError } from '../../core/errors.ts';
import type { Finding, FindingKind } from '../../core/findings.ts';
import type { Page } from '../../core/model.ts';
import type { FindingAnswer, VerifyAllAnswer, VerifyAnswer, VerifyFailure } from '../verify.ts';
import { toIsoOrNull, toSeconds } from './in-words.ts';
import { nameOf } from './page-view.ts';

export interface VerifyOutcome {
  readonly runId: string;
  readonly findings: readonly Finding[];
  readonly counts: VerifyAnswer['counts'] & { readonly repaired: number };
  readonly inconclusive: string | undefined;
  readonly listed: number;
  readonly isComplete: boolean;
  readonly repairs: boolean;
  readonly graphCalls: number;
  readonly durationMs: number;
}

export function toVerifyView(page: Page, outcome: VerifyOutcome): Omit<VerifyAnswer, 'channels'> {
  const { findings, isComplete, repairs, inconclusive, durationMs, graphCalls, runId } = outcome;
  const { repaired, ...counts } = outcome.counts;
  const all = counts.missing + counts.stale + counts.deleted;
  const isDone = isComplete && inconclusive === undefined && (!repairs || repaired === all);
  const ofKind = (kind: FindingKind) => findings.filter((finding) => finding.kind === kind).map(toFindingView);
  return {
    success: true,
    runId,
    ...nameOf(page),
    missing: ofKind('missing'),
    stale: ofKind('stale'),
    deleted: ofKind('deleted'),
    repaired,
    counts,
    inconclusive: inconclusive ?? null,
    complete: isComplete,
    total: outcome.listed,
    status: isDone ? 'succeeded' : 'partial',
    graphCalls,
    durationMs,
    duration: toSeconds(durationMs),
    message: describeVerify({
      total: outcome.listed,
      complete: isComplete,
      counts,
      repaired: repairs ? repaired : undefined,
    }),
  };
}

export function toVerifyFailureView(page: Page, { message, code }: TidemarkError): VerifyFailure {
  return { success: false, ...nameOf(page), error: message, code };
}

/** `success` says that every Page could be verified, not that nothing differs. */
export function toVerifyAllView(results: VerifyAllAnswer['results']): VerifyAllAnswer {
  const verified = results.filter((row) => row.success);
  const differing = verified.filter(({ counts }) => counts.missing + counts.stale + counts.deleted > 0);
  return {
    success: verified.length === results.length,
    totalPages: results.length,
    results,
    message: `Verified ${verified.length} of ${results.length} page(s): ${differing.length} differ from Facebook`,
  };
}

function toFindingView({ conversationId, contactName, updatedAt, missedBySync, repaired }: Finding): FindingAnswer {
  return {
    conversationId,
    contactName: contactName ?? null,
    updatedTime: toIsoOrNull(updatedAt),
    missedBySync,
    repaired,
  };
}

/** What a verify has found, in a sentence. */
export function describeVerify({ total, counts, complete, repaired }: VerifySummary): string {
  const compared = `${total} conversations compared${complete ? '' : ', not all yet'}`;
  const { missing, stale, deleted, missedBySync } = counts;
  if (missing + stale + deleted === 0) return `${compared}: nothing differs`;
  const differing = `${missing} missing, ${stale} stale, ${deleted} deleted`;
  const blame = missedBySync === 0 ? 'no sync has missed any' : `syncs have missed ${missedBySync}`;
  return `${compared}: ${differing}${repaired === undefined ? '' : `, ${repaired} repaired`}; ${blame}`;
}

export interface VerifySummary extends Pick<VerifyAnswer, 'total' | 'counts' | 'complete'> {
  /** Undefined when it only looked. */
  readonly repaired: number | undefined;
}
