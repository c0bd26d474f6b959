/**
 * The survey: walks the light list, newest first, and compares every page of it with the mirror by one query. It only
 * looks; what it hands on is collected beside it. It must never end early on the word of Facebook alone: what follows
 * what is decided in `core/passes.ts`.
 */
import { isRefusal } from '../core/errors.ts';
import { type Cursor, DeadCursor, listPages } from '../core/list-pages.ts';
import { createPageSize, type PageSize } from '../core/page-size.ts';
import { firstPass, nextPass, type Pass, type PassEnd } from '../core/passes.ts';
import { LIGHT_PAGE_SIZE, limitOfPage, LIST_LIMIT, type SurveyBatch } from '../core/plan.ts';
import { openPageAsker, type PageAsker } from './ask-page.ts';
import type { SurveyPlan } from './plan-survey.ts';
import type { RunContext } from './run-context.ts';
import { comparePage, createMet, type Met } from './survey-page.ts';

export async function* survey(run: RunContext, plan: SurveyPlan): AsyncGenerator<SurveyBatch, void> {
  const { checkpoint } = plan;
  const met = createMet(checkpoint?.nextWatermark);
  const size = createPageSize({ limit: LIGHT_PAGE_SIZE, onFault: 'tenth', growsBack: true });
  const asker = openPageAsker(run, plan.pages.messages);
  let pass = firstPass(plan);
  while (pass !== 'done') {
    if (pass.from === undefined) Object.assign(met, { pages: 0, lastUpdatedAt: Infinity });
    const { end, next, refusal } = yield* runPass(run, { plan, pass, met, size, asker });
    pass = unfiltered(pass, asker);
    if (pass.kind === 'filtered' && end !== 'cursor-died') await disableFilter(run, end);
    // Nothing moves behind the back of a walk that was one answer.
    const needsRecheck = plan.rechecks && (checkpoint !== undefined || met.pages > 1);
    const following = nextPass(pass, end, {
      next,
      nextWatermark: met.nextWatermark,
      lookbackMs: plan.lookbackMs,
      needsRecheck,
    });
    if (following === 'give-up') throw refusal;
    if (following !== 'done' && following.restarts > pass.restarts) tellRestart(run, refusal);
    pass = following;
  }
  run.emit({ type: 'survey-finished' });
}

/** Where the filter was refused, the pass lists all there is. */
function unfiltered(pass: Pass, { isSinceRefused }: PageAsker): Pass {
  return isSinceRefused && pass.kind === 'filtered' ? { ...pass, kind: 'main' } : pass;
}

function tellRestart({ emit }: RunContext, refusal: Error | undefined): void {
  emit({ type: 'survey-restarted', reason: refusal?.message ?? 'the list may have been cut short by since' });
}

async function disableFilter({ store, emit }: RunContext, end: PassEnd): Promise<void> {
  await store.disableSinceFilter();
  const isIgnored = end !== 'end-of-list';
  const reason = isIgnored ? 'Facebook ignores it' : 'a list that it may have cut short proves nothing';
  emit({ type: 'filter-disabled', reason });
}

interface PassParts {
  readonly plan: SurveyPlan;
  readonly pass: Pass;
  readonly met: Met;
  readonly size: PageSize;
  readonly asker: PageAsker;
}

interface PassResult {
  readonly end: PassEnd;
  readonly next: Cursor;
  /** Of the cursor that died. */
  readonly refusal?: Error;
}

async function* runPass(
  run: RunContext,
  { plan, pass, met, size, asker }: PassParts,
): AsyncGenerator<SurveyBatch, PassResult> {
  const pagePlan = pass.kind === 'recheck' ? { ...plan.pages, firstLimit: LIST_LIMIT } : plan.pages;
  const since = pass.kind === 'filtered' ? pass.lookbackStart : undefined;
  const pages = listPages({
    ask: (request) => asker.ask({ ...request, since }),
    from: pass.from,
    isFromEarlierRun: pass.isFromEarlierRun,
    size,
    wanted: () => limitOfPage(pagePlan, met.pages),
    subject: 'the conversations of the Page',
  });
  let after = pass.from;
  try {
    for await (const page of pages) {
      const { batch, end } = await comparePage(run, met, { page, after, pass: unfiltered(pass, asker), plan });
      asker.note(page, batch.changed.size);
      yield batch;
      if (end !== undefined) return { end, next: page.after };
      after = page.after;
    }
  } catch (error) {
    // Facebook may answer a cursor that it has forgotten with any fault.
    const isForgotten = pass.isFromEarlierRun && after === pass.from && isRefusal(error);
    if (error instanceof DeadCursor || isForgotten) return { end: 'cursor-died', next: undefined, refusal: error };
    throw error;
  }
  return { end: 'end-of-list', next: undefined };
}
