/**
 * A sync as a stream of events. Published clients read chunk by chunk and parse each from its seventh character on, so
 * every event is exactly `data: <JSON>` and two line feeds, written by itself: never two events together, never a
 * comment, an `id:` or an `event:` line.
 */
import type { SyncRequest } from '../api/sync.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { SyncEvent } from '../core/events.ts';
import { addCounts, NO_COUNTS, type Platform, type RunCounts } from '../core/model.ts';
import { sleep } from '../lib/sleep.ts';
import { toProblem } from './problem.ts';

export interface SyncStreamOptions {
  /** At least so long lies between two events, so that no two of them reach a client as one chunk. Default: 100 ms. */
  readonly pauseMs?: number;
  /** And so long behind progress, while all who hand the stream on may be busy. Default: three times as long. */
  readonly progressPauseMs?: number;
  /** Longest silence. Default: 15 000 ms. */
  readonly heartbeatMs?: number;
}

type StreamEvent = Readonly<Record<string, unknown>> & { readonly status: string };

/** Runs the sync to its end, whether anybody still reads or not. What goes wrong becomes the last event. */
export function streamSync(
  tidemark: Pick<Tidemark, 'sync'>,
  request: SyncRequest,
  { pauseMs = 100, progressPauseMs = 3 * pauseMs, heartbeatMs = 15_000 }: SyncStreamOptions = {},
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const events = narrate(tidemark, request, { pauseMs, heartbeatMs });
  let lastStatus: string | undefined;
  return new ReadableStream(
    {
      // Called when the event before is written, not before: the pause is between the writing of two.
      async pull(controller) {
        const pause =
          lastStatus === undefined ? undefined : sleep(lastStatus === 'syncing' ? progressPauseMs : pauseMs);
        const { value, done } = await events.next();
        if (done) return controller.close();
        await pause;
        lastStatus = value.status;
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
      },
      async cancel() {
        await events.return(undefined);
      },
    },
    new CountQueuingStrategy({ highWaterMark: 0 }),
  );
}

async function* narrate(
  tidemark: Pick<Tidemark, 'sync'>,
  request: SyncRequest,
  { pauseMs, heartbeatMs }: Required<Omit<SyncStreamOptions, 'progressPauseMs'>>,
): AsyncGenerator<StreamEvent, undefined> {
  const progress = createProgress();
  const ended = Promise.withResolvers<void>();
  let news = Promise.withResolvers<void>();
  let end: StreamEvent | undefined;
  const hear = (event: SyncEvent) => {
    if (progress.hear(event)) news.resolve();
  };
  void tidemark
    .sync({ ...request, onEvent: hear })
    .then(
      ({ status, ...answer }) => ({ ...answer, status: status === 'succeeded' ? 'complete' : 'partial' }),
      (error: unknown) => ({ ...toProblem(error).body, status: 'error' }),
    )
    .then((event) => {
      end = event;
      ended.resolve();
      news.resolve();
    });

  for (;;) {
    const starting = progress.takeStart();
    if (starting !== undefined) yield starting;
    if (end !== undefined) {
      const run = progress.run();
      // Whoever joined a run of another process hears nothing of it before its answer.
      if (run === undefined && 'runId' in end) yield toStarting({ syncMode: end['syncMode'] }, end['runId']);
      yield { ...run, ...end };
      return undefined;
    }
    // Progress that the end follows at once is not told: it would only hold up the end.
    if (progress.hasNews() && !(await isQuiet(ended.promise, pauseMs))) continue;
    const syncing = progress.take();
    if (syncing !== undefined) yield syncing;
    else if (starting === undefined && (await isQuiet(news.promise, heartbeatMs))) {
      yield { status: 'heartbeat', ...progress.run() };
    }
    news = Promise.withResolvers();
    if (end !== undefined || progress.hasNews()) news.resolve();
  }
}

/** Whether nothing comes for so long. */
async function isQuiet(news: Promise<void>, ms: number): Promise<boolean> {
  const silence = new AbortController();
  const isOver = sleep(ms, silence.signal).then(
    () => true,
    () => false,
  );
  const quiet = await Promise.race([news.then(() => false), isOver]);
  silence.abort();
  return quiet;
}

interface ChannelProgress {
  readonly counts: RunCounts;
  readonly checked: number;
  readonly isListed: boolean;
}

/** What a run has told so far. Progress that nobody has taken yet is replaced by later progress. */
function createProgress() {
  const channels = new Map<Platform, ChannelProgress>();
  let run: { readonly syncMode: unknown } | undefined;
  let start: StreamEvent | undefined;
  let isNews = false;

  /** Whether it changes what there is to tell. */
  function hear(event: SyncEvent): boolean {
    const isFirst = run === undefined;
    if (isFirst) start = toStarting((run = { syncMode: event.mode }), event.runId);
    if (event.mode === 'full') run = { syncMode: 'full' };
    const before = channels.get(event.platform) ?? { counts: NO_COUNTS, checked: 0, isListed: false };
    const now = advance(before, event);
    channels.set(event.platform, now);
    if (now !== before) isNews = true;
    return isFirst || now !== before;
  }

  return {
    hear,
    run: () => run,
    hasNews: () => isNews || start !== undefined,
    takeStart(): StreamEvent | undefined {
      const taken = start;
      start = undefined;
      return taken;
    },
    take(): StreamEvent | undefined {
      if (!isNews) return undefined;
      isNews = false;
      const all = [...channels.values()];
      const { synced, inserted, updated, eventsCreated } = all.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS);
      const checked = all.reduce((sum, channel) => sum + channel.checked, 0);
      const total = all.every(({ isListed }) => isListed) ? checked : null;
      return { status: 'syncing', ...run, synced, inserted, updated, eventsCreated, checked, total };
    },
  };
}

/** The same object when the event is no progress. */
function advance(before: ChannelProgress, event: SyncEvent): ChannelProgress {
  switch (event.type) {
    case 'list-surveyed':
      return { ...before, checked: before.checked + event.listed };
    case 'survey-finished':
      return { ...before, isListed: true };
    case 'batch-committed':
      return { ...before, counts: event.counts };
    default:
      return before;
  }
}

function toStarting(run: { readonly syncMode: unknown }, runId: unknown): StreamEvent {
  return { status: 'starting', ...run, runId };
}
