/**
 * What verify adds to a walk to the end of the list: it notes every difference, and at the end asks for what was held
 * but not shown. It may take several runs, because it steps aside for a sync and may have a time of its own; it then
 * goes on where it was, in any process.
 */
import { isGraphError, isRefusal } from '../core/errors.ts';
import {
  arePlausiblyGone,
  type Finding,
  type InspectionCounts,
  type InspectionNotes,
  judge,
  type Vouched,
} from '../core/findings.ts';
import type { ConversationSnapshot } from '../core/model.ts';
import { differs, type SurveyedPage } from '../core/plan.ts';
import type { ConversationSource } from '../core/ports.ts';
import type { UnseenConversations, VerifyStore, WalkStore } from '../core/store-ports.ts';
import type { SettledWalk } from './watch.ts';

export interface InspectionParts {
  readonly source: ConversationSource;
  readonly store: WalkStore;
  readonly verifyStore: VerifyStore;
  readonly signal: AbortSignal;
  /** Whether the time is over. */
  readonly shouldStop: () => boolean;
  readonly vouched: Vouched;
}

export interface InspectionReport {
  /** The first of them; the counts know all. */
  readonly findings: readonly Finding[];
  readonly counts: InspectionCounts;
  /** Conversations listed. */
  readonly listed: number;
  /** Why some that were not shown are neither called deleted nor there; undefined when all is known. */
  readonly undecided: string | undefined;
}

/** A verify's view of what it walks, for one run after the other. */
export interface Inspection {
  /** Whether what differs is collected, and what is gone marked as deleted. */
  readonly repairs: boolean;
  /** Takes up what the runs before have found; undefined begins. */
  goOn(notes: InspectionNotes | undefined): void;
  /** Compares a list page; answers whether a sync waits for the Page. */
  meet(parts: InspectionParts, page: SurveyedPage): Promise<boolean>;
  /**
   * Asks for what was not shown; `wanted` are the ids of those that are there all the same and have to be collected.
   * Stops in the middle when a sync waits for the Page, or the time is over.
   */
  settle(parts: InspectionParts): Promise<SettledWalk>;
  /** Takes all that differed so far for repaired, but for what could not be collected, in this run or one before. */
  markRepaired(failed: ReadonlySet<string>): void;
  /** All that the next run has to know. */
  notes(): InspectionNotes;
  report(): InspectionReport;
}

type Unseen = UnseenConversations['conversations'];

const MOST_FINDINGS = 1000;
/** Single reads at the end: about a minute's worth of calls. What is left is for the next verify. */
const MOST_READS = 100;
/** Between them it looks who waits: as few as keep the calls going while an answer takes two seconds. */
const READS_AT_ONCE = 4;
const NOTHING: InspectionNotes = {
  findings: [],
  counts: { missing: 0, stale: 0, deleted: 0, repaired: 0, shouldHaveBeenMet: 0 },
  unrepaired: [],
  listed: 0,
  asked: [],
  unanswered: 0,
};

export function openInspection(repairs: boolean): Inspection {
  let findings = new Map<string, Finding>();
  let unrepaired = new Set<string>();
  let counts = { ...NOTHING.counts };
  let listed = 0;
  let asked: string[] = [];
  let unanswered = 0;
  let undecided: string | undefined;

  function note(finding: Finding): void {
    const { conversationId } = finding;
    // A walk that begins again meets the same difference twice.
    if (findings.has(conversationId) || unrepaired.has(conversationId)) return;
    counts[finding.kind] += 1;
    if (finding.shouldHaveBeenMet) counts.shouldHaveBeenMet += 1;
    if (finding.repaired) counts.repaired += 1;
    else unrepaired.add(conversationId);
    if (findings.size < MOST_FINDINGS) findings.set(conversationId, finding);
  }

  /** Of conversations that the list did not show: whom to collect. */
  async function ask(parts: InspectionParts, unseen: Unseen): Promise<readonly string[]> {
    const answers = await Promise.all(unseen.map(({ id }) => askFor(parts, id)));
    const shown = answers.filter((answer) => typeof answer === 'object');
    const held = await parts.store.findHeld(shown);
    const comparisons = shown.map((snapshot) => ({ listed: snapshot, held: held.get(snapshot.id) }));
    for (const comparison of comparisons) {
      const finding = judge(comparison, parts.vouched);
      if (finding !== undefined) note(finding);
    }

    asked.push(...unseen.map(({ id }) => id));
    unanswered += answers.filter((answer) => answer === 'unknown').length;
    const gone = unseen.filter((_, index) => answers[index] === 'gone');
    if (repairs && gone.length > 0) await parts.verifyStore.markDeleted(gone.map(({ id }) => id));
    for (const { id: conversationId, ...known } of gone) {
      note({ kind: 'deleted', conversationId, ...known, shouldHaveBeenMet: false, repaired: repairs });
    }
    return repairs ? comparisons.filter(differs).map((comparison) => comparison.listed.id) : [];
  }

  return {
    repairs,

    goOn(notes = NOTHING) {
      findings = new Map(notes.findings.map((finding) => [finding.conversationId, finding]));
      unrepaired = new Set(notes.unrepaired);
      counts = { ...notes.counts };
      asked = [...notes.asked];
      ({ listed, unanswered } = notes);
      undecided = undefined;
    },

    async meet({ verifyStore, vouched }, page) {
      // A walk that begins again lists all of them again.
      const begins = page.after === undefined && page.listed > 0;
      listed = (begins ? 0 : listed) + page.listed;
      for (const comparison of page.comparisons) {
        const finding = judge(comparison, vouched);
        if (finding !== undefined) note(finding);
      }
      const { isWanted } = await verifyStore.recordSeen(page.comparisons.map((comparison) => comparison.listed.id));
      return isWanted;
    },

    async settle(parts) {
      const limit = Math.max(0, MOST_READS - asked.length);
      const { conversations, unseen, held } = await parts.verifyStore.findUnseen({ limit, asked });
      if (!arePlausiblyGone({ unseen, held })) {
        undecided =
          `Facebook did not list ${unseen} of the ${held} conversations that are held. So many are not taken for ` +
          'deleted: it may be showing a part of the list. Verify again later.';
        return { wanted: [], outcome: 'doubtful' };
      }
      const left = unseen - conversations.length;
      const wanted: string[] = [];
      for (let from = 0; from < conversations.length; from += READS_AT_ONCE) {
        if (from > 0 && (parts.shouldStop() || (await parts.verifyStore.isWanted()))) {
          return { wanted, outcome: 'stopped' };
        }
        wanted.push(...(await ask(parts, conversations.slice(from, from + READS_AT_ONCE))));
      }
      undecided = describeUndecided({ left, unanswered });
      return { wanted, outcome: 'whole' };
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

    notes: () => ({
      findings: [...findings.values()],
      counts: { ...counts },
      unrepaired: [...unrepaired],
      listed,
      asked: [...asked],
      unanswered,
    }),

    report: () => ({ findings: [...findings.values()], counts: { ...counts }, listed, undecided }),
  };
}

function describeUndecided({ left, unanswered }: { readonly left: number; readonly unanswered: number }) {
  const sentences = [
    ...(left > 0 ? [`${left} more conversations were not listed; a later verify asks for them.`] : []),
    ...(unanswered > 0
      ? [`${unanswered} conversations were not listed, and Facebook does not say what they are.`]
      : []),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

/** A conversation that Facebook will not speak of is neither there nor gone. */
async function askFor(
  { source, signal }: InspectionParts,
  conversationId: string,
): Promise<ConversationSnapshot | 'gone' | 'unknown'> {
  try {
    return (await source.fetchConversation({ conversationId, messages: 0 }, signal)) ?? 'gone';
  } catch (error) {
    const isItsOwn = isRefusal(error) || isGraphError(error, 'permission') || isGraphError(error, 'too-much-data');
    if (isItsOwn) return 'unknown';
    throw error;
  }
}
