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
  /** Pause after each event, so that no two of them reach a client as one chunk. Default: 30 ms. */
  readonly pauseMs?: number;
  /** Longest silence. Default: 15 000 ms. */
  readonly heartbeatMs?: number;
}

type StreamEvent = Readonly<Record<string, unknown>> & { readonly status: string };

/** Runs the sync to its end, whether anybody still reads or not. What goes wrong becomes the last event. */
export function streamSync(
  tidemark: Pick<Tidemark, 'sync'>,
  request: SyncRequest,
  { pauseMs = 30, heartbeatMs = 15_000 }: SyncStreamOptions = {},
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const events = narrate(tidemark, request, heartbeatMs);
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await events.next();
      if (done) return controller.close();
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
      await sleep(pauseMs);
    },
    async cancel() {
      await events.return(undefined);
    },
  });
}

async function* narrate(
  tidemark: Pick<Tidemark, 'sync'>,
  request: SyncRequest,
  heartbeatMs: number,
): AsyncGenerator<StreamEvent, undefined> {
  const heard: SyncEvent[] = [];
  /** What each channel has done so far. */
  const done = new Map<Platform, RunCounts>();
  let run: { readonly syncMode: unknown } | undefined;
  let news = Promise.withResolvers<void>();
  let end: StreamEvent | undefined;
  const hear = (event: SyncEvent) => {
    const isFirst = run === undefined && heard.length === 0;
    if (event.type !== 'batch-committed' && !isFirst) return;
    // Progress that nobody has been told yet is replaced by later progress.
    const last = heard.at(-1);
    if (last?.type === 'batch-committed' && last.platform === event.platform) heard.pop();
    heard.push(event);
    news.resolve();
  };
  void tidemark
    .sync({ ...request, onEvent: hear })
    .then(
      ({ status, ...answer }) => ({ ...answer, status: status === 'succeeded' ? 'complete' : 'partial' }),
      (error: unknown) => ({ ...toProblem(error).body, status: 'error' }),
    )
    .then((event) => {
      end = event;
      news.resolve();
    });

  for (;;) {
    const event = heard.shift();
    if (event !== undefined) {
      if (run === undefined) yield toStarting((run = { syncMode: event.mode }), event.runId);
      if (event.mode === 'full') run = { syncMode: 'full' };
      if (event.type === 'batch-committed') {
        done.set(event.platform, event.counts);
        yield toSyncing(run, [...done.values()].reduce(addCounts, NO_COUNTS));
      }
    } else if (end !== undefined) {
      // Whoever joined a run of another process hears nothing of it before its answer.
      if (run === undefined && 'runId' in end) yield toStarting({ syncMode: end['syncMode'] }, end['runId']);
      yield { ...run, ...end };
      return undefined;
    } else {
      const silence = new AbortController();
      const isQuiet = await Promise.race([
        news.promise.then(() => false),
        sleep(heartbeatMs, silence.signal).then(
          () => true,
          () => false,
        ),
      ]);
      silence.abort();
      news = Promise.withResolvers();
      if (isQuiet) yield { status: 'heartbeat', ...run };
    }
  }
}

function toStarting(run: { readonly syncMode: unknown }, runId: unknown): StreamEvent {
  return { status: 'starting', ...run, runId };
}

function toSyncing(run: { readonly syncMode: unknown }, counts: RunCounts): StreamEvent {
  const { synced, inserted, updated, eventsCreated } = counts;
  return { status: 'syncing', ...run, synced, inserted, updated, eventsCreated, total: null };
}
