/**
 * The runs of this process: who shares which, what follows a sync, and how all of them end when the process
 * does. A run goes on when the caller who began it has gone.
 */
import { isTidemarkError, TidemarkError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import type { VerificationReport } from '../core/findings.ts';
import type { Page, Platform, RunTrigger } from '../core/model.ts';
import type { Clock, ConversationSource, Quotas, SourceUse } from '../core/ports.ts';
import type { BegunRun, HistoryStore, Lease, OpenedVerify, RunLedger, WalkStore } from '../core/store-ports.ts';
import { must } from '../lib/must.ts';
import type { RunTask } from '../sync/perform-task.ts';
import { pageBusy, runPage, type RunEnd } from '../sync/run-page.ts';

export interface PageRunsParts {
  readonly ledger: RunLedger;
  readonly clock: Clock;
  readonly newRunId: () => string;
  readonly quotas: Quotas;
  /** Of one Page and platform. */
  readonly callsPerSecond: number;
  readonly openSource: (page: Page, run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  readonly openVerify: (lease: Lease, repairs: boolean) => Promise<OpenedVerify>;
  /** Sees to what follows a sync that did not fail. */
  readonly afterSync: (page: Page, trigger: RunTrigger) => Promise<void>;
  /** Told of everything that happens in any run. */
  readonly onEvent: EventSink | undefined;
}

export interface PageRunsOptions {
  readonly sendSince: boolean;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
}

export interface RunOptions {
  readonly forceFull?: boolean | undefined;
  readonly maxDurationMs?: number | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly onEvent?: EventSink | undefined;
}

export interface VerifyEnd {
  /** Its last run; it takes several when syncs come in between. */
  readonly runId: string;
  readonly report: VerificationReport;
  /** Whether it came to the end of the list. */
  readonly isComplete: boolean;
  readonly graphCalls: number;
}

export interface PageRuns {
  /**
   * Syncs a Page, or joins the sync of it that is under way anywhere; resolves to the run, which has ended unless the
   * time of a caller who joined was over.
   */
  sync(page: Page, options: RunOptions): Promise<string>;
  /** Compares the mirror of a Page with Facebook, and repairs what differs when asked to. Steps aside for syncs. */
  verify(page: Page, options: RunOptions & { readonly repair: boolean }): Promise<VerifyEnd>;
  /** Brings older messages; undefined when somebody else is at work on the Page. */
  history(page: Page, options: RunOptions): Promise<string | undefined>;
  /** Ends a run at once, and resolves when it has ended; at once when it is not one of this process. */
  cancel(runId: string): Promise<void>;
  /** Asks every run to stop at its next batch, and ends those that have not after a while. */
  close(): Promise<void>;
}

interface SharedRun {
  readonly ended: Promise<string>;
  readonly sinks: Set<EventSink>;
  readonly isForced: boolean;
  /** Known once it has begun, or waits for another one. */
  runId: string | undefined;
}

const PLATFORM: Platform = 'messenger';
/** Long enough for whoever waits for the Page to see that it is free. */
const STEP_ASIDE_MS = 1000;
/** How long closing waits for batches under way before it ends them. */
const CLOSE_GRACE_MS = 10_000;

export function createPageRuns(parts: PageRunsParts, options: PageRunsOptions): PageRuns {
  const syncs = new Map<string, SharedRun>();
  const all = new Set<Promise<unknown>>();
  const enders = new Map<string, (reason: Error) => Promise<unknown>>();
  const closing = new AbortController();
  let isClosing = false;

  /** Every run of this process, so that closing can wait for all of them. */
  function run(page: Page, task: RunTask, asked: Asked): Promise<RunEnd | undefined> {
    const running = startRun(page, task, asked);
    track(running);
    return running;
  }

  function track(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.catch(() => {}).finally(() => all.delete(settled));
    all.add(settled);
  }

  function startRun(page: Page, task: RunTask, { options: asked, sinks, onRun }: Asked): Promise<RunEnd | undefined> {
    let begunId: string | undefined;
    const running = runPage(
      {
        ...parts,
        openSource: (begun, use) => parts.openSource(page, begun, use),
        onBegun(runId, end) {
          begunId = runId;
          enders.set(runId, async (reason) => {
            end(reason);
            await running.catch(() => {});
          });
          onRun?.(runId);
        },
        onJoined: (runId) => onRun?.(runId),
        onEvent(identity, event) {
          const whole = { ...event, ...identity, page };
          parts.onEvent?.(whole);
          for (const sink of sinks) {
            try {
              sink(whole);
            } catch (error) {
              // One listener's fault is not the run's, nor that of the others who watch it.
              sinks.delete(sink);
              const reason = error instanceof Error ? error.message : String(error);
              parts.onEvent?.({ type: 'listener-failed', reason, ...identity, page });
            }
          }
        },
        isClosing: () => isClosing,
        signal: closing.signal,
      },
      {
        task,
        pageId: page.id,
        platform: PLATFORM,
        depth: options.depth,
        maxDurationMs: asked.maxDurationMs,
        trigger: asked.trigger ?? 'library',
      },
    ).finally(() => {
      if (begunId !== undefined) enders.delete(begunId);
    });
    return running;
  }

  async function runSync(page: Page, asked: Asked): Promise<string> {
    const task = { purpose: 'sync', forced: asked.options.forceFull ?? false, sendSince: options.sendSince } as const;
    return must(await run(page, task, asked), 'a sync waits until it runs').runId;
  }

  /** Goes on after every sync that it stepped aside for, until it is complete, its time is over or we are closed. */
  async function runVerify(page: Page, asked: RunOptions & { readonly repair: boolean }): Promise<VerifyEnd> {
    const deadline = parts.clock.monotonicMs() + (asked.maxDurationMs ?? Infinity);
    let last: VerifyEnd | undefined;
    const isOver = () => isClosing || parts.clock.monotonicMs() >= deadline;
    while (last === undefined || !(last.isComplete || isOver())) {
      const left = { ...asked, maxDurationMs: deadline - parts.clock.monotonicMs() };
      const task = { purpose: 'verify', repairs: asked.repair } as const;
      try {
        const end = must(await run(page, task, { options: left, sinks: toSinks(asked) }), 'a verify waits');
        const { counts, checkpoint, report } = must(end.result, 'a verify joins nobody');
        const graphCalls = (last?.graphCalls ?? 0) + counts.graphCalls;
        last = {
          runId: end.runId,
          isComplete: checkpoint === undefined,
          graphCalls,
          report: must(report, 'a verify reports'),
        };
      } catch (error) {
        // It had to end while it waited to go on: what it has found until then is still true.
        if (last === undefined || !isWaitOver(error)) throw error;
        break;
      }
      if (!last.isComplete && !isOver()) await parts.clock.sleep(STEP_ASIDE_MS, closing.signal);
    }
    return last;
  }

  /** Its failure is nobody's who waits for the sync. */
  async function followUp(page: Page, trigger: RunTrigger, runId: string): Promise<void> {
    try {
      await parts.afterSync(page, trigger);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      parts.onEvent?.({ type: 'history-not-begun', reason, runId, mode: 'history', page });
    }
  }

  /** Undefined when the time is over first. */
  async function within<T>(work: Promise<T>, maxDurationMs: number | undefined): Promise<T | undefined> {
    if (maxDurationMs === undefined) return work;
    const over = new AbortController();
    const timeUp = parts.clock.sleep(maxDurationMs, over.signal).then(() => undefined);
    return Promise.race([work, timeUp]).finally(() => over.abort());
  }

  /** Waits for a run of this process, for as long as the caller's time allows. */
  async function join(page: Page, shared: SharedRun, { onEvent, maxDurationMs }: RunOptions): Promise<string> {
    if (onEvent !== undefined) shared.sinks.add(onEvent);
    const runId = (await within(shared.ended, maxDurationMs)) ?? shared.runId;
    // It waits for the Page itself, and there is no run yet to answer with.
    if (runId === undefined) throw pageBusy(page.id);
    return runId;
  }

  return {
    async sync(page, asked) {
      for (let shared = syncs.get(page.id); shared !== undefined; shared = syncs.get(page.id)) {
        if (shared.isForced || asked.forceFull !== true) return join(page, shared, asked);
        // It does less than is asked for now: its end, good or bad, is what we wait for.
        const hasEnded = shared.ended.then(
          () => true,
          () => true,
        );
        if ((await within(hasEnded, asked.maxDurationMs)) !== true) throw pageBusy(page.id);
      }
      if (isClosing) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark is closed.');
      const sinks = toSinks(asked);
      const onRun = (runId: string) => {
        shared.runId = runId;
      };
      const shared: SharedRun = {
        sinks,
        isForced: asked.forceFull ?? false,
        runId: undefined,
        ended: runSync(page, { options: asked, sinks, onRun })
          .finally(() => syncs.delete(page.id))
          .then((runId) => {
            // Not what the caller waits for, but closing does.
            track(followUp(page, asked.trigger ?? 'library', runId));
            return runId;
          }),
      };
      syncs.set(page.id, shared);
      return shared.ended;
    },

    async verify(page, asked) {
      if (isClosing) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark is closed.');
      const verified = runVerify(page, asked);
      track(verified);
      return verified;
    },

    async history(page, asked) {
      return (await run(page, HISTORY, { options: asked, sinks: toSinks(asked) }))?.runId;
    },

    async cancel(runId) {
      await enders.get(runId)?.(new TidemarkError('RUN_CANCELLED', `Run ${runId} was cancelled.`));
    },

    async close() {
      isClosing = true;
      const grace = setTimeout(() => {
        closing.abort(new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed while the run went on.'));
      }, CLOSE_GRACE_MS);
      while (all.size > 0) await Promise.all(all);
      clearTimeout(grace);
    },
  };
}

/** Whether who waited for a Page had to give up, and nothing was wrong with the work. */
function isWaitOver(error: unknown): boolean {
  return isTidemarkError(error) && (error.code === 'PAGE_BUSY' || error.code === 'SHUTTING_DOWN');
}

const HISTORY = { purpose: 'history' } as const;

interface Asked {
  readonly options: RunOptions;
  readonly sinks: Set<EventSink>;
  /** Told which run it is, its own or another's. */
  readonly onRun?: (runId: string) => void;
}

function toSinks({ onEvent }: RunOptions): Set<EventSink> {
  return new Set(onEvent === undefined ? [] : [onEvent]);
}
