/** A verify through all its runs: it goes on after every sync that it stepped aside for. */
import { isTidemarkError } from '../core/errors.ts';
import type { VerificationReport } from '../core/findings.ts';
import type { Clock } from '../core/ports.ts';
import type { VerifyKind } from '../core/store-ports.ts';
import { must } from '../lib/must.ts';
import type { RunEnd } from './begin.ts';
import { startTime } from './deadline.ts';
import type { Drain } from './drain.ts';
import type { RunTask } from './perform-task.ts';

export interface VerifyEnd {
  /** Its last run; it takes several when syncs come in between. */
  readonly runId: string;
  readonly report: VerificationReport;
  /** Whether it came to the end of the list. */
  readonly isComplete: boolean;
  readonly graphCalls: number;
}

export interface VerifyParts {
  readonly clock: Clock;
  readonly drain: Drain;
  readonly run: (task: RunTask, maxDurationMs: number) => Promise<RunEnd | undefined>;
}

/** Long enough for whoever waits for the channel to see that it is free. */
const STEP_ASIDE_MS = 1000;

/** Until it is complete, its time is over or we are closed. */
export async function runVerify(
  { clock, drain, run }: VerifyParts,
  { repairs, deepSince, maxDurationMs }: VerifyKind & { readonly maxDurationMs?: number | undefined },
): Promise<VerifyEnd> {
  const time = startTime(clock, maxDurationMs);
  let last: VerifyEnd | undefined;
  const isOver = () => drain.isClosing() || time.isOver();
  while (last === undefined || !(last.isComplete || isOver())) {
    try {
      const end = must(await run({ purpose: 'verify', repairs, deepSince }, time.leftMs()), 'a verify waits');
      const { counts, checkpoint, report } = must(end.result, 'a verify joins nobody');
      const graphCalls: number = (last?.graphCalls ?? 0) + counts.graphCalls;
      const isComplete = checkpoint === undefined;
      last = { runId: end.runId, isComplete, graphCalls, report: must(report, 'a verify reports') };
    } catch (error) {
      // It had to end while it waited to go on: what it has found until then is still true.
      if (last === undefined || !isWaitOver(error)) throw error;
      break;
    }
    if (!last.isComplete && !isOver()) await clock.sleep(STEP_ASIDE_MS, drain.signal);
  }
  return last;
}

/** Whether who waited for a channel had to give up, and nothing was wrong with the work. */
function isWaitOver(error: unknown): boolean {
  return isTidemarkError(error) && (error.code === 'PAGE_BUSY' || error.code === 'SHUTTING_DOWN');
}
