/** The runs as everybody may see them: what was done, what goes on, and how to end it. */
import type { Tidemark } from '../api/tidemark.ts';
import { toRunView } from '../api/views/run-view.ts';
import { TidemarkError } from '../core/errors.ts';
import type { Page, PageRef, Platform, Run } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { startTime } from './deadline.ts';

/** Which runs to list; without Page and platform, all. */
export interface RunListQuery {
  readonly pageId?: string | undefined;
  readonly platform?: Platform | undefined;
  readonly limit?: number | undefined;
}

/** The record of runs, of every process. */
export interface RunRecords {
  list(query: RunListQuery): Promise<readonly Run[]>;
  find(runId: string): Promise<Run | undefined>;
  /** Notes that somebody wants the run to end; false when it is not running. */
  requestCancel(runId: string): Promise<boolean>;
}

export interface RunReaderParts {
  readonly records: RunRecords;
  readonly findPage: (ref: PageRef) => Promise<Page>;
  /** Ends a run of this process. */
  readonly cancel: (runId: string) => Promise<void>;
  readonly clock: Clock;
  /** Aborted when the engine is closed; nobody watches longer. */
  readonly signal: AbortSignal;
}

/** What a caller waits for at most who cancels a run: for its end, and for all of the answer. */
const CANCEL_MS = 5500;
const ANSWER_MS = 7000;

/** The row is all that processes share of a run; this is how often who watches one reads it. */
const READ_EVERY_MS = 500;

export function openRunReader({ records, findPage, cancel, clock, signal }: RunReaderParts): Tidemark['runs'] {
  async function find(runId: string): Promise<Run> {
    const run = await records.find(runId);
    if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId} is recorded.`);
    return run;
  }

  /** True, or the error of a run that is none or over. */
  async function request(runId: string): Promise<true> {
    const { id, status } = await find(runId);
    if (await records.requestCancel(id)) return true;
    throw new TidemarkError('RUN_ENDED', `Run ${id} has ended already (${status}).`);
  }

  return {
    async list({ platform, limit, ...ref }) {
      const named = ref.pageId !== undefined || ref.facebookPageId !== undefined;
      const page = named ? await findPage(ref) : undefined;
      const recent = await records.list({ pageId: page?.id, platform, limit });
      return recent.map(toRunView);
    },
    find: async (runId) => toRunView(await find(runId)),
    async cancel(runId) {
      const toEnd = startTime(clock, CANCEL_MS);
      const toAnswer = startTime(clock, ANSWER_MS);
      const requested = await toAnswer.within(request(runId));
      // Elsewhere it is seen with the next renewal of the lease. What hangs with the database ends later, by itself.
      await toEnd.within(cancel(runId));
      const run = requested && (await toAnswer.within(find(runId)));
      if (run !== undefined) return toRunView(run);
      throw new TidemarkError(
        'DATABASE_UNAVAILABLE',
        `The database has not answered for ${ANSWER_MS / 1000} s: run ${runId} ends if it is one of this process; ` +
          'whether another one was told to end it is not known. Look at it, or cancel it again, when the database is back.',
        { retryAfterMs: ANSWER_MS },
      );
    },
    async *watch(runId, { signal: wanted = signal } = {}) {
      const ended = AbortSignal.any([signal, wanted]);
      let last: string | undefined;
      for (;;) {
        const run = toRunView(await find(runId));
        const state = JSON.stringify(run);
        if (state !== last) yield run;
        if (run.status !== 'running') return;
        last = state;
        await clock.sleep(READ_EVERY_MS, ended);
      }
    },
  };
}
