/**
 * Some Pages are too busy for Facebook to list; their conversations can still be read one by one. Then a run brings
 * the newest of the known ones up to date and ends partial: it has seen nothing of what is new, so the watermark must
 * not move, and the next run tries the list again.
 */
import { type GraphError, isGraphError, isRefusal } from '../core/errors.ts';
import type { SurveyedPage } from '../core/plan.ts';
import type { RunReason } from '../core/store-ports.ts';
import { collectSingly, type CollectParts, type CollectResult } from './collect.ts';

/** Conversations of one run: each is a call, and the list may be back by the next one. */
const MOST_READS = 25;
/** When Facebook refuses all of the first few, it is not the list that is the trouble. */
const TRIAL_READS = 3;

/**
 * The pages of a walk. A list that Facebook refuses from its head on is no failure, but a walk without pages: the
 * refusal is put into `refused`.
 */
export async function* unlessRefused(
  pages: AsyncIterable<SurveyedPage>,
  refused: GraphError[],
): AsyncGenerator<SurveyedPage, void> {
  let hasList = false;
  try {
    for await (const page of pages) {
      hasList = true;
      yield page;
    }
  } catch (error) {
    if (hasList || !isListRefused(error)) throw error;
    refused.push(error);
  }
}

/** A fault of Facebook that stays, however little is asked for; not one of the token, the quota or the network. */
function isListRefused(error: unknown): error is GraphError {
  const kinds = ['transient', 'too-much-data', 'invalid'] as const;
  return isRefusal(error) && kinds.some((kind) => isGraphError(error, kind));
}

/** Rejects with the refusal of the list when there is nothing that could be done instead. */
export async function collectWithoutList(parts: CollectParts, refusal: GraphError): Promise<CollectResult> {
  const known = await parts.store.findNewest(MOST_READS);
  const trial = known.slice(0, TRIAL_READS);
  parts.emit({ type: 'list-refused', reason: refusal.message, conversations: known.length });
  const first = await collectSingly(parts, trial);
  if (first.failures.length === trial.length) throw refusal;
  const rest = await collectSingly(parts, known.slice(TRIAL_READS));
  return {
    inserted: first.inserted + rest.inserted,
    updated: first.updated + rest.updated,
    eventsCreated: first.eventsCreated + rest.eventsCreated,
    failures: [...first.failures, ...rest.failures],
  };
}

export function toPartialReason(refusal: GraphError): RunReason {
  const instead = `Instead, up to ${MOST_READS} known conversations were read one by one, newest first.`;
  return { code: 'LIST_REFUSED', message: `${refusal.message} ${instead} The next sync tries the list again.` };
}
