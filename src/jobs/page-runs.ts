/**
 * The runs of this process: who shares which, when history follows a sync, and how all of them end when the process
 * does. A run goes on when the caller who began it has gone.
 */
import { TidemarkError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import type { Page, Platform, RunTrigger } from '../core/model.ts';
import type { BegunRun, Clock, ConversationSource, Emit, HistoryStore, Lease, RunLedger, WalkStore } from '../core/ports.ts';
import { runPage, type RunRequest } from '../sync/run-page.ts';

export interface PageRunsParts {
  readonly ledger: RunLedger;
  readonly clock: Clock;
  readonly newRunId: () => string;
  readonly openSource: (page: Page, run: BegunRun, emit: Emit) => Promise<ConversationSource>;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  readonly hasOpenHistory: (page: Page) => Promise<boolean>;
  /** Told of everything that happens in any run. */
  readonly onEvent: EventSink | undefined;
}

export interface PageRunsOptions {
  readonly sendHint: boolean;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  /** Whether older messages are fetched by themselves after a sync. */
  readonly followWithHistory: boolean;
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
  const background = new Map<string, Promise<unknown>>();
  const closing = new AbortController();
  let isClosing = false;

  function run(page: Page, purpose: RunRequest['purpose'], { options: asked, sinks }: Asked): Promise<string | undefined> {
    return runPage(
      {
        ...parts,
        openSource: (begun, emit) => parts.openSource(page, begun, emit),
        onEvent(identity, event) {
          const whole = { ...event, ...identity, page };
          parts.onEvent?.(whole);
          for (const sink of sinks) sink(whole);
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
    if (runId === undefined) throw new TidemarkError('INTERNAL', `The sync of Page ${page.facebookPageId} did not run.`);
    return runId;
  }

  /** Its failure is recorded with its run and told as an event; there is nobody else to tell. */
  function followUp(page: Page, trigger: RunTrigger | undefined): void {
    if (isClosing || background.has(page.id)) return;
    const following = parts
      .hasOpenHistory(page)
      .then((isOpen) => (isOpen ? run(page, 'history', { options: { trigger }, sinks: new Set() }) : undefined))
      .catch(() => {})
      .finally(() => background.delete(page.id));
    background.set(page.id, following);
  }

  return {
    sync(page, asked) {
      const shared = syncs.get(page.id);
      if (shared !== undefined) {
        if (asked.onEvent !== undefined) shared.sinks.add(asked.onEvent);
        return shared.ended;
      }
      const sinks = toSinks(asked);
      const ended = runSync(page, { options: asked, sinks })
        .finally(() => syncs.delete(page.id))
        .then((runId) => {
          if (options.followWithHistory) followUp(page, asked.trigger);
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
      await Promise.allSettled([...syncs.values()].map((shared) => shared.ended));
      await Promise.allSettled(background.values());
      clearTimeout(grace);
    },
  };
}

interface Asked {
  readonly options: RunOptions;
  readonly sinks: ReadonlySet<EventSink>;
}

function toSinks({ onEvent }: RunOptions): Set<EventSink> {
  return new Set(onEvent === undefined ? [] : [onEvent]);
}
