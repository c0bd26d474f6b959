/**
 * The runs of this process: who shares which, what follows a sync, and how all of them end when the process
 * does. A run goes on when the caller who began it has gone.
 */
import { TidemarkError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import type { Page, Platform, RunTrigger } from '../core/model.ts';
import type {
  BegunRun,
  Clock,
  ConversationSource,
  Emit,
  HistoryStore,
  Lease,
  RunLedger,
  WalkStore,
} from '../core/ports.ts';
import { runPage, type RunRequest } from '../sync/run-page.ts';

export interface PageRunsParts {
  readonly ledger: RunLedger;
  readonly clock: Clock;
  readonly newRunId: () => string;
  readonly openSource: (page: Page, run: BegunRun, emit: Emit) => Promise<ConversationSource>;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  /** Sees to what follows a sync that did not fail. It never rejects. */
  readonly afterSync: (page: Page, trigger: RunTrigger) => Promise<void>;
  /** Told of everything that happens in any run. */
  readonly onEvent: EventSink | undefined;
}

export interface PageRunsOptions {
  readonly sendHint: boolean;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
}

export interface RunOptions {
  readonly forceFull?: boolean | undefined;
  readonly maxDurationMs?: number | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly onEvent?: EventSink | undefined;
}

export interface PageRuns {
  /** Syncs a Page, or joins the sync of it that is under way anywhere; resolves to the run that has ended. */
  sync(page: Page, options: RunOptions): Promise<string>;
  /** Brings older messages; undefined when somebody else is at work on the Page. */
  history(page: Page, options: RunOptions): Promise<string | undefined>;
  /** Asks every run to stop at its next batch, and ends those that have not after a while. */
  close(): Promise<void>;
}

interface SharedRun {
  readonly ended: Promise<string>;
  readonly sinks: Set<EventSink>;
}

const PLATFORM: Platform = 'messenger';
/** How long closing waits for batches under way before it ends them. */
const CLOSE_GRACE_MS = 10_000;

export function createPageRuns(parts: PageRunsParts, options: PageRunsOptions): PageRuns {
  const syncs = new Map<string, SharedRun>();
  const all = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let isClosing = false;

  /** Every run of this process, so that closing can wait for all of them. */
  function run(page: Page, purpose: RunRequest['purpose'], asked: Asked): Promise<string | undefined> {
    const running = startRun(page, purpose, asked);
    track(running);
    return running;
  }

  function track(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.catch(() => {}).finally(() => all.delete(settled));
    all.add(settled);
  }

  function startRun(
    page: Page,
    purpose: RunRequest['purpose'],
    { options: asked, sinks }: Asked,
  ): Promise<string | undefined> {
    return runPage(
      {
        ...parts,
        openSource: (begun, emit) => parts.openSource(page, begun, emit),
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
        shouldStop: () => isClosing,
        signal: closing.signal,
      },
      {
        purpose,
        pageId: page.id,
        platform: PLATFORM,
        forced: asked.forceFull ?? false,
        sendHint: options.sendHint,
        depth: options.depth,
        maxDurationMs: asked.maxDurationMs,
        trigger: asked.trigger ?? 'library',
      },
    );
  }

  async function runSync(page: Page, asked: Asked): Promise<string> {
    const runId = await run(page, 'sync', asked);
    if (runId === undefined)
      throw new TidemarkError('INTERNAL', `The sync of Page ${page.facebookPageId} did not run.`);
    return runId;
  }

  return {
    async sync(page, asked) {
      if (isClosing) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark is closed.');
      const shared = syncs.get(page.id);
      if (shared !== undefined) {
        if (asked.onEvent !== undefined) shared.sinks.add(asked.onEvent);
        return shared.ended;
      }
      const sinks = toSinks(asked);
      const ended = runSync(page, { options: asked, sinks })
        .finally(() => syncs.delete(page.id))
        .then((runId) => {
          // Not what the caller waits for, but closing does.
          track(parts.afterSync(page, asked.trigger ?? 'library'));
          return runId;
        });
      syncs.set(page.id, { ended, sinks });
      return ended;
    },

    history: (page, asked) => run(page, 'history', { options: asked, sinks: toSinks(asked) }),

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

interface Asked {
  readonly options: RunOptions;
  readonly sinks: Set<EventSink>;
}

function toSinks({ onEvent }: RunOptions): Set<EventSink> {
  return new Set(onEvent === undefined ? [] : [onEvent]);
}
