/**
 * Some Pages are too busy for Facebook to list; their conversations can still be read one by one. Then a run brings
 * the newest of the known ones up to date and ends partial: it has seen nothing of what is new, so the watermark must
 * not move, and the next run tries the list again.
 */
import type { GraphError } from '../core/errors.ts';
import { MOST_FALLBACK_READS } from '../core/outcome.ts';
import { collectSingly, type CollectContext, type CollectResult } from './collect.ts';

/** When Facebook refuses all of the first few, it is not the list that is the trouble. */
const TRIAL_READS = 3;

/** Rejects with the refusal of the list when single reads are refused as well. */
export async function readKnownSingly(context: CollectContext, refusal: GraphError): Promise<CollectResult> {
  const known = await context.store.findNewest(MOST_FALLBACK_READS);
  const trial = known.slice(0, TRIAL_READS);
  context.emit({ type: 'list-refused', reason: refusal.message, conversations: known.length });
  const first = await collectSingly(context, trial, { isTrial: true });
  if (first.failures.length === trial.length) throw refusal;
  const rest = await collectSingly(context, known.slice(TRIAL_READS));
  return {
    inserted: first.inserted + rest.inserted,
    updated: first.updated + rest.updated,
    eventsCreated: first.eventsCreated + rest.eventsCreated,
    failures: [...first.failures, ...rest.failures],
  };
}
