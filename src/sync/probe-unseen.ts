/**
 * The end of a verify: what is stored but was not listed is read by its id. Being asked for by id and not being there is
 * what proves a deletion (I10); that Facebook will not speak of it proves nothing.
 */
import { concernsOneObject } from '../core/errors.ts';
import { arePlausiblyGone } from '../core/findings.ts';
import type { ConversationSnapshot } from '../core/model.ts';
import type { Settled } from '../core/outcome.ts';
import type { UnseenConversations, VerifyStore } from '../core/store-ports.ts';
import type { RunContext } from './run-context.ts';

export type Unseen = UnseenConversations['conversations'];
/** `unreadable`: Facebook neither shows it nor says that it is gone. */
export type Probed = ConversationSnapshot | 'gone' | 'unreadable';

export interface UnseenEnd {
  readonly settled: Settled;
  /** Why some are neither called deleted nor there, as far as it is about the list. */
  readonly inconclusive: string | undefined;
}

export interface ProbeOptions {
  readonly verifyStore: VerifyStore;
  /** Probed by the runs before. */
  readonly probed: readonly string[];
  /** Told of some conversations and the answers for them, in the same order. */
  readonly onProbed: (unseen: Unseen, answers: readonly Probed[]) => Promise<void>;
}

/** Probes in one verify: about a minute's worth of calls. What is left is for the next one. */
const MOST_PROBES = 100;
/** Between them it looks who waits: as few as keep the calls going while an answer takes two seconds. */
const PROBES_AT_ONCE = 4;

export async function probeUnseen(run: RunContext, options: ProbeOptions): Promise<UnseenEnd> {
  const { verifyStore, probed, onProbed } = options;
  const limit = Math.max(0, MOST_PROBES - probed.length);
  const { conversations, unseen, stored } = await verifyStore.findUnseen({ limit, probed });
  const isDoubtful = !arePlausiblyGone({ unseen, stored });
  /** In doubt they are called gone only when it has shown that they are few. */
  const gone: Unseen[number][] = [];
  for (let from = 0; from < conversations.length; from += PROBES_AT_ONCE) {
    if (from > 0 && (run.deadline.isOver() || (await verifyStore.shouldYield()))) {
      return { settled: 'stopped', inconclusive: undefined };
    }
    const some = conversations.slice(from, from + PROBES_AT_ONCE);
    const answers = await Promise.all(some.map(({ id }) => probe(run, id)));
    if (!isDoubtful) {
      await onProbed(some, answers);
      continue;
    }
    gone.push(...some.filter((_, index) => answers[index] === 'gone'));
    const isPartOnly = 2 * gone.length > from + some.length || !arePlausiblyGone({ unseen: gone.length, stored });
    if (isPartOnly) return { settled: 'doubtful', inconclusive: toDoubt({ unseen, stored }) };
    const there = some.filter((_, index) => answers[index] !== 'gone');
    await onProbed(
      there,
      answers.filter((answer) => answer !== 'gone'),
    );
  }
  await onProbed(
    gone,
    gone.map(() => 'gone'),
  );
  const left = unseen - conversations.length;
  const inconclusive =
    left > 0 ? `${left} more conversations were not listed; a later verify asks for them.` : undefined;
  return { settled: 'whole', inconclusive };
}

function toDoubt({ unseen, stored }: { readonly unseen: number; readonly stored: number }): string {
  return (
    `Facebook did not list ${unseen} of the ${stored} conversations that are held, nor does it show them by their ids. ` +
    'So many are not taken for deleted: it may be showing a part of them. Verify again later.'
  );
}

async function probe({ source, signal }: RunContext, conversationId: string): Promise<Probed> {
  try {
    return (await source.fetchConversation({ conversationId, messages: 0 }, signal)) ?? 'gone';
  } catch (error) {
    if (concernsOneObject(error)) return 'unreadable';
    throw error;
  }
}
