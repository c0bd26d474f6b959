/**
 * The walk of one Page, read this first: survey → collect → commit, the same for every purpose. The survey walks the
 * light list and runs ahead; what changed is collected and committed beside it. What the walk has proved at its end is
 * decided by `core/outcome.ts`: only a complete one moves the watermark (I1), and only past what is collected or in the
 * retry ledger (I13).
 */
import { decideOutcome } from '../core/outcome.ts';
import { growNestedLimit } from '../core/plan.ts';
import type { SyncResult, WalkState } from '../core/store-ports.ts';
import { openCollector } from './collector.ts';
import { readKnownSingly } from './list-fallback.ts';
import { planSurvey } from './plan-survey.ts';
import { openRetries } from './retries.ts';
import type { RunContext } from './run-context.ts';
import { walkList } from './walk-list.ts';
import type { WalkPolicy } from './walk-policy.ts';

export interface Walk {
  readonly run: RunContext;
  readonly policy: WalkPolicy;
  readonly state: WalkState;
}

export async function syncPage({ run, policy, state }: Walk): Promise<SyncResult> {
  const { purpose, mode } = policy;
  const { checkpoint } = state;
  const startedAt = checkpoint?.startedAt ?? state.startedAt;
  const retries = await openRetries(run.store, state);
  await using collector = openCollector(run, state.nestedLimit, policy.rereads);
  const plan = planSurvey({ run, policy, state, retries });

  if (purpose !== 'inspect') await collector.addSingles(retries.due);
  const { end, listed, lookbackMs } = await walkList({ run, policy, plan, state, startedAt, retries, collector });
  if (end.kind === 'refused' && purpose === 'sync') await collector.start((work) => readKnownSingly(work, end.error));
  const { settled, changed } = end.kind === 'complete' ? await policy.settle() : NOTHING_TO_SETTLE;
  await collector.addSingles(changed);
  if (end.kind !== 'throttled') await collector.drain();

  const outcome = decideOutcome({ purpose, mode, walk: end, settled, startedAt, checkpoint });
  if (outcome.kind === 'failed') {
    if (outcome.checkpoint !== undefined) await run.store.saveCheckpoint(outcome.checkpoint);
    throw outcome.error;
  }
  if (outcome.end.kind === 'complete' && plan.isWhole) await retries.settle();
  const left = outcome.end.kind === 'stopped' ? outcome.end.checkpoint : undefined;
  await policy.conclude({ failed: collector.failed(), checkpoint: left });
  const counts = { ...collector.counts(), graphCalls: run.source.callCount() };
  const nestedLimit = growNestedLimit(state.nestedLimit, collector.nestedLimit());
  const { reason } = outcome;
  const ended = { startedAt, end: outcome.end, reason, counts, listed, lookbackMs, nestedLimit };
  const status = await run.store.finish(ended);
  return { status, counts, checkpoint: left };
}

const NOTHING_TO_SETTLE = { settled: 'whole', changed: [] } as const;
