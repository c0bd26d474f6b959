/**
 * Verify as a policy of the walk: it notes every difference, and at the end reads by id what is stored but was not
 * listed. It may take several runs, because it yields to syncs and may have a time of its own. All that the next run has
 * to know is in its notes, which the store keeps between them.
 */
import { concernsOneObject } from '../core/errors.ts';
import { openFindingLog } from '../core/finding-log.ts';
import {
  arePlausiblyGone,
  NO_NOTES,
  type PriorSyncs,
  toFinding,
  type VerificationNotes,
  type VerificationReport,
} from '../core/findings.ts';
import type { ConversationSnapshot } from '../core/model.ts';
import { type Comparison, differs } from '../core/plan.ts';
import type { UnseenConversations, VerifyStore } from '../core/store-ports.ts';
import type { RunContext } from './run-context.ts';
import type { WalkPolicy } from './walk-policy.ts';

export interface Verification extends WalkPolicy {
  /** What was found by now, by this run and those before. */
  report(): VerificationReport;
}

export interface VerificationParts {
  readonly repairs: boolean;
  readonly verifyStore: VerifyStore;
  /** Undefined begins. */
  readonly notes: VerificationNotes | undefined;
  readonly prior: PriorSyncs;
}

/** Probes in one verify: about a minute's worth of calls. What is left is for the next one. */
const MOST_PROBES = 100;
/** Between them it looks who waits: as few as keep the calls going while an answer takes two seconds. */
const PROBES_AT_ONCE = 4;

export function openVerification(run: RunContext, parts: VerificationParts): Verification {
  const { repairs, verifyStore, prior, notes = NO_NOTES } = parts;
  const log = openFindingLog(notes);
  const probed = [...notes.probed];
  let { listed, unreadable } = notes;
  let inconclusive: string | undefined;

  function compare(comparisons: readonly Comparison[]): void {
    for (const comparison of comparisons) {
      const finding = toFinding(comparison, prior);
      if (finding !== undefined) log.add(finding);
    }
  }

  /** Reads conversations that the list did not show; answers which of them to collect. */
  async function probeAll(unseen: UnseenConversations['conversations']): Promise<readonly string[]> {
    const answers = await Promise.all(unseen.map(({ id }) => probe(run, id)));
    const shown = answers.filter((answer) => typeof answer === 'object');
    const stored = await run.store.findStored(shown);
    const comparisons = shown.map((snapshot) => ({ listed: snapshot, stored: stored.get(snapshot.id) }));
    compare(comparisons);

    probed.push(...unseen.map(({ id }) => id));
    unreadable += answers.filter((answer) => answer === 'unreadable').length;
    const gone = unseen.filter((_, index) => answers[index] === 'gone');
    if (repairs && gone.length > 0) await verifyStore.markDeleted(gone.map(({ id }) => id));
    for (const { id: conversationId, ...known } of gone) {
      log.add({ kind: 'deleted', conversationId, ...known, missedBySync: false, repaired: repairs });
    }
    return repairs ? comparisons.filter(differs).map((comparison) => comparison.listed.id) : [];
  }

  return {
    purpose: repairs ? 'repair' : 'inspect',
    mode: 'full',
    forced: false,
    sendSince: false,

    async visit({ after, listed: count, comparisons }) {
      // A walk that begins again lists all of them again.
      listed = (after === undefined && count > 0 ? 0 : listed) + count;
      compare(comparisons);
      const { shouldYield } = await verifyStore.recordSeen(comparisons.map((comparison) => comparison.listed.id));
      return shouldYield ? 'yield' : 'go-on';
    },

    async settle() {
      const limit = Math.max(0, MOST_PROBES - probed.length);
      const { conversations, unseen, stored } = await verifyStore.findUnseen({ limit, probed });
      const changed: string[] = [];
      if (!arePlausiblyGone({ unseen, stored })) {
        inconclusive = describeDoubt(unseen, stored);
        return { settled: 'doubtful', changed };
      }
      for (let from = 0; from < conversations.length; from += PROBES_AT_ONCE) {
        if (from > 0 && (run.deadline.isOver() || (await verifyStore.shouldYield()))) {
          return { settled: 'stopped', changed };
        }
        changed.push(...(await probeAll(conversations.slice(from, from + PROBES_AT_ONCE))));
      }
      inconclusive = describeUnknown({ left: unseen - conversations.length, unreadable });
      return { settled: 'whole', changed };
    },

    async conclude({ failed, checkpoint }) {
      if (repairs) {
        // What failed in a run before this one may not have been tried again yet.
        const open = await run.store.findOpenRetries();
        log.markRepaired(new Set([...failed, ...open.map((entry) => entry.conversationId)]));
      }
      const kept = { ...log.notes(), listed, probed, unreadable };
      await (checkpoint === undefined ? verifyStore.forget() : verifyStore.save({ checkpoint, notes: kept }));
    },

    report: () => {
      const { findings, counts } = log.notes();
      return { findings, counts, listed, inconclusive };
    },
  };
}

/** A conversation that Facebook will not speak of is neither there nor gone. */
async function probe(
  { source, signal }: RunContext,
  conversationId: string,
): Promise<ConversationSnapshot | 'gone' | 'unreadable'> {
  try {
    return (await source.fetchConversation({ conversationId, messages: 0 }, signal)) ?? 'gone';
  } catch (error) {
    if (concernsOneObject(error)) return 'unreadable';
    throw error;
  }
}

function describeDoubt(unseen: number, stored: number): string {
  return (
    `Facebook did not list ${unseen} of the ${stored} conversations that are held. So many are not taken for ` +
    'deleted: it may be showing a part of the list. Verify again later.'
  );
}

function describeUnknown({ left, unreadable }: { readonly left: number; readonly unreadable: number }) {
  const sentences = [
    ...(left > 0 ? [`${left} more conversations were not listed; a later verify asks for them.`] : []),
    ...(unreadable > 0
      ? [`${unreadable} conversations were not listed, and Facebook does not say what they are.`]
      : []),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}
