/**
 * The runs of this process: who shares which, who hears of them, and how all of them end when the process does. A run
 * goes on when the caller who began it has gone.
 */
import type { EventSink, RunIdentity, SyncEventBody } from '../core/events.ts';
import type { Channel, Lease, Page, Platform, RunTrigger } from '../core/model.ts';
import type { Clock, ConversationSource, Quotas, SourceUse } from '../core/ports.ts';
import type {
  BegunRun,
  HistoryStore,
  OpenedVerify,
  RunStore,
  VerifyKind,
  WalkStore,
  WantedContacts,
} from '../core/store-ports.ts';
import { must } from '../lib/must.ts';
import { runChannel, type RunEnd } from './begin.ts';
import { createCancelling } from './cancel.ts';
import { createDrain } from './drain.ts';
import { createSharedSyncs } from './join.ts';
import type { RunTask } from './perform-task.ts';
import { runVerify, type VerifyEnd } from './verify.ts';

export interface ChannelRunsParts {
  readonly runStore: RunStore;
  readonly clock: Clock;
  readonly newRunId: () => string;
  readonly quotas: Quotas;
  /** Of one channel. */
  readonly callsPerSecond: number;
  readonly openSource: (page: Page, run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  readonly openContacts: (lease: Lease) => WantedContacts;
  readonly openVerify: (lease: Lease, kind: VerifyKind) => Promise<OpenedVerify>;
  /** Told of everything that happens in any run. */
  readonly onEvent: EventSink;
}

export interface ChannelRunsOptions {
  readonly sendSince: boolean;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
}

/** Which channel, of a Page that was just looked up. */
export interface RunTarget {
  readonly page: Page;
  readonly platform: Platform;
}

export interface RunOptions {
  readonly forceFull?: boolean | undefined;
  readonly maxDurationMs?: number | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly onEvent?: EventSink | undefined;
}

export interface ChannelRuns {
  /**
   * Syncs a channel, or joins the sync of it that is under way anywhere; resolves to the run, which has ended unless
   * the time of a caller who joined was over.
   */
  sync(target: RunTarget, options: RunOptions): Promise<string>;
  /** Compares the mirror of a channel with Facebook, and repairs what differs when asked to. Steps aside for syncs. */
  verify(target: RunTarget, options: RunOptions & VerifyKind): Promise<VerifyEnd>;
  /** Brings older messages; undefined when somebody else is at work on the channel. */
  history(target: RunTarget, options: RunOptions): Promise<string | undefined>;
  /** Fetches the conversations of people who wrote and are not known; undefined when somebody else is at work on the channel. */
  contacts(target: RunTarget, options: RunOptions): Promise<string | undefined>;
  /** Ends a run at once, and resolves when it has ended; at once when it is not one of this process. */
  cancel(runId: string): Promise<void>;
  /** Asks every run to stop at its next batch, and ends those that have not after a while. */
  close(): Promise<void>;
}

interface Asked {
  readonly options: RunOptions;
  readonly sinks: Set<EventSink>;
  /** Told which run it is, its own or another's. */
  readonly onRun?: (runId: string) => void;
}

export function createChannelRuns(parts: ChannelRunsParts, options: ChannelRunsOptions): ChannelRuns {
  const drain = createDrain();
  const cancelling = createCancelling();
  const syncs = createSharedSyncs(parts.clock);

  async function run(target: RunTarget, task: RunTask, { options: asked, sinks, onRun }: Asked) {
    const { page, platform } = target;
    let begunId: string | undefined;
    const running: Promise<RunEnd | undefined> = runChannel(
      {
        ...parts,
        openSource: (begunRun, use) => parts.openSource(page, begunRun, use),
        onBegun(runId, end) {
          begunId = runId;
          cancelling.add(runId, { end, ended: () => running });
          onRun?.(runId);
        },
        onJoined: (runId) => onRun?.(runId),
        onEvent: (identity, event) => tell(sinks, { ...identity, page, platform }, event),
        isClosing: drain.isClosing,
        signal: drain.signal,
      },
      {
        task,
        channel: toChannel(target),
        depth: options.depth,
        maxDurationMs: asked.maxDurationMs,
        trigger: asked.trigger ?? 'library',
      },
    ).finally(() => {
      if (begunId !== undefined) cancelling.remove(begunId);
    });
    drain.track(running);
    return running;
  }

  function tell(sinks: Set<EventSink>, identity: RunIdentity, event: SyncEventBody): void {
    const whole = { ...event, ...identity };
    parts.onEvent(whole);
    for (const sink of sinks) {
      try {
        sink(whole);
      } catch (error) {
        // One listener's fault is not the run's, nor that of the others who watch it.
        sinks.delete(sink);
        const reason = error instanceof Error ? error.message : String(error);
        parts.onEvent({ type: 'listener-failed', reason, ...identity });
      }
    }
  }

  return {
    async sync(target, asked) {
      return syncs.joinOrBegin(toChannel(target), asked, async (shared) => {
        drain.requireOpen();
        const task = { purpose: 'sync', forced: asked.forceFull ?? false, sendSince: options.sendSince } as const;
        const onRun = (runId: string) => {
          shared.runId = runId;
        };
        const end = await run(target, task, { options: asked, sinks: shared.sinks, onRun });
        return must(end, 'a sync waits until it runs').runId;
      });
    },

    async verify(target, asked) {
      drain.requireOpen();
      const verified = runVerify(
        {
          clock: parts.clock,
          drain,
          run: (task, maxDurationMs) =>
            run(target, task, { options: { ...asked, maxDurationMs }, sinks: toSinks(asked) }),
        },
        asked,
      );
      drain.track(verified);
      return verified;
    },

    async history(target, asked) {
      return (await run(target, { purpose: 'history' }, { options: asked, sinks: toSinks(asked) }))?.runId;
    },

    async contacts(target, asked) {
      return (await run(target, { purpose: 'contacts' }, { options: asked, sinks: toSinks(asked) }))?.runId;
    },

    cancel: cancelling.cancel,
    close: drain.close,
  };
}

function toChannel({ page, platform }: RunTarget): Channel {
  return { pageId: page.id, platform };
}

function toSinks({ onEvent }: RunOptions): Set<EventSink> {
  return new Set(onEvent === undefined ? [] : [onEvent]);
}
