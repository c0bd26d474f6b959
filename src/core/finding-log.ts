/** The findings of a verify, each counted once however often it is met, over all the runs that the verify takes. */
import type { Finding, VerificationNotes } from './findings.ts';

type Findings = Pick<VerificationNotes, 'findings' | 'counts' | 'unrepaired'>;

export interface FindingLog {
  add(finding: Finding): void;
  /** Takes all that differed so far for repaired, but for what could not be collected. */
  markRepaired(failed: ReadonlySet<string>): void;
  notes(): Findings;
}

/** The counts know all findings; so many are kept to be told. */
const MOST_FINDINGS = 1000;

/** Goes on with what the runs before have found. */
export function openFindingLog(before: Findings): FindingLog {
  const findings = new Map(before.findings.map((finding) => [finding.conversationId, finding]));
  const unrepaired = new Set(before.unrepaired);
  const counts = { ...before.counts };
  return {
    add(finding) {
      const { conversationId } = finding;
      // A walk that begins again meets the same difference twice.
      if (findings.has(conversationId) || unrepaired.has(conversationId)) return;
      counts[finding.kind] += 1;
      if (finding.missedBySync) counts.missedBySync += 1;
      if (finding.repaired) counts.repaired += 1;
      else unrepaired.add(conversationId);
      if (findings.size < MOST_FINDINGS) findings.set(conversationId, finding);
    },
    markRepaired(failed) {
      for (const id of unrepaired) {
        if (failed.has(id)) continue;
        unrepaired.delete(id);
        counts.repaired += 1;
        const finding = findings.get(id);
        if (finding !== undefined) findings.set(id, { ...finding, repaired: true });
      }
    },
    notes: () => ({ findings: [...findings.values()], counts: { ...counts }, unrepaired: [...unrepaired] }),
  };
}
