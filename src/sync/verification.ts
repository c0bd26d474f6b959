/**
 * Verify as a policy of the walk: it notes every difference, and settles at the end what was not listed. It may take
 * several runs, because it yields to syncs and may have a time of its own. All that the next run has to know is in its
 * notes, which the store keeps between them.
 */
import { type FindingLog, openFindingLog } from '../core/finding-log.ts';
import {
  NO_NOTES,
  type PriorSyncs,
  toFinding,
  toStale,
  type VerificationNotes,
  type VerificationReport,
} from '../core/findings.ts';
import type { Instant } from '../core/model.ts';
import { type Comparison, differs } from '../core/plan.ts';
import type { VerifyStore } from '../core/store-ports.ts';
import { type Probed, probeUnseen, type Unseen } from './probe-unseen.ts';
import type { RunContext } from './run-context.ts';
import type { WalkPolicy } from './walk-policy.ts';

export interface Verification extends WalkPolicy {
  /** What was found by now, by this run and those before. */
  report(): VerificationReport;
}

export interface VerificationParts {
  readonly repairs: boolean;
  /** Since when it reads every message again, which repairs as it goes; 0: all of them. */
  readonly deepSince: Instant | undefined;
  readonly verifyStore: VerifyStore;
  /** Undefined begins. */
  readonly notes: VerificationNotes | undefined;
  readonly prior: PriorSyncs;
}

export function openVerification(run: RunContext, parts: VerificationParts): Verification {
  const { repairs, deepSince, verifyStore, prior, notes = NO_NOTES } = parts;
  const log = openFindingLog(notes);
  const probed = [...notes.probed];
  let { listed, unreadable } = notes;
  let inconclusive: string | undefined;

  return {
    purpose: repairs ? 'repair' : 'inspect',
    mode: 'full',
    forced: false,
    sendSince: false,
    rereads:
      deepSince === undefined ? undefined : { since: deepSince, onDiffering: (snapshot) => log.add(toStale(snapshot)) },

    async visit({ after, listed: count, comparisons }) {
      // A walk that begins again lists all of them again.
      listed = (after === undefined && count > 0 ? 0 : listed) + count;
      compare(log, comparisons, prior);
      const { shouldYield } = await verifyStore.recordSeen(comparisons.map((comparison) => comparison.listed.id));
      return shouldYield ? 'yield' : 'go-on';
    },

    async settle() {
      const changed: string[] = [];
      const onProbed = async (unseen: Unseen, answers: readonly Probed[]) => {
        changed.push(...(await noteProbed(run, { ...parts, log }, { unseen, answers })));
        probed.push(...unseen.map(({ id }) => id));
        unreadable += answers.filter((answer) => answer === 'unreadable').length;
      };
      const end = await probeUnseen(run, { verifyStore, probed: [...probed], onProbed });
      inconclusive = end.settled === 'whole' ? addUnreadable(end.inconclusive, unreadable) : end.inconclusive;
      return { settled: end.settled, changed };
    },

    async conclude({ failed, checkpoint }) {
      if (repairs) {
        // What failed in a run before this one may not have been tried again yet.
        const open = await run.store.findOpenRetries();
        log.markRepaired(new Set([...failed, ...open.map((entry) => entry.conversationId)]));
      }
      const kept = { ...log.notes(), listed, probed, unreadable, deepSince };
      await (checkpoint === undefined ? verifyStore.forget() : verifyStore.save({ checkpoint, notes: kept }));
    },

    report: () => {
      const { findings, counts } = log.notes();
      return { findings, counts, listed, inconclusive };
    },
  };
}

function compare(log: FindingLog, comparisons: readonly Comparison[], prior: PriorSyncs): void {
  for (const comparison of comparisons) {
    const finding = toFinding(comparison, prior);
    if (finding !== undefined) log.add(finding);
  }
}

/** Those that are there are compared like the listed ones, those that are gone marked. Answers which to collect. */
async function noteProbed(
  { store }: RunContext,
  { repairs, verifyStore, prior, log }: VerificationParts & { readonly log: FindingLog },
  { unseen, answers }: { readonly unseen: Unseen; readonly answers: readonly Probed[] },
): Promise<readonly string[]> {
  const shown = answers.filter((answer) => typeof answer === 'object');
  const stored = await store.findStored(shown, { withRows: true });
  const comparisons = shown.map((snapshot) => ({ listed: snapshot, stored: stored.get(snapshot.id) }));
  compare(log, comparisons, prior);

  const gone = unseen.filter((_, index) => answers[index] === 'gone');
  if (repairs && gone.length > 0) await verifyStore.markDeleted(gone.map(({ id }) => id));
  for (const { id: conversationId, ...known } of gone) {
    log.add({ kind: 'deleted', conversationId, ...known, missedBySync: false, repaired: repairs });
  }
  return repairs ? comparisons.filter(differs).map((comparison) => comparison.listed.id) : [];
}

function addUnreadable(inconclusive: string | undefined, unreadable: number): string | undefined {
  if (unreadable === 0) return inconclusive;
  const sentence = `${unreadable} conversations were not listed, and Facebook does not say what they are.`;
  return inconclusive === undefined ? sentence : `${inconclusive} ${sentence}`;
}
