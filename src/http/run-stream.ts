/**
 * A run as standard server-sent events, told from its row: it does not matter which process does the run, or whether
 * this one was restarted meanwhile. A client that goes away ends its stream and nothing else.
 */
import type { RunAnswer } from '../api/runs.ts';
import type { Tidemark } from '../api/tidemark.ts';
import { toTidemarkError } from '../core/errors.ts';

export interface RunStreamOptions {
  /** Id of the last event that the client has; undefined when it has none. */
  readonly after: number | undefined;
  /** Longest silence. Default: 15 000 ms. */
  readonly heartbeatMs?: number;
}

/** Events kept for a client that reads slower than the run goes on. */
const MOST_UNREAD = 16;

/**
 * A `progress` event whenever the counters have grown, then one `end`; each holds the run. When the run cannot be read
 * any more, the stream ends without an `end`: the client asks again, and is told why by the status.
 */
export function streamRun(
  runs: Pick<Tidemark['runs'], 'watch'>,
  runId: string,
  { after = -1, heartbeatMs = 15_000 }: RunStreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();

  async function tell(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    let told = after;
    const write = (text: string) => {
      if (!gone.signal.aborted) controller.enqueue(encoder.encode(`${text}\n\n`));
      heartbeat.refresh();
    };
    const heartbeat = setInterval(() => write(': the run goes on'), heartbeatMs);
    try {
      for await (const run of runs.watch(runId, { signal: gone.signal })) {
        const id = toEventId(run);
        // A client that is too slow is spared what will be old when it reads it; the end is for everybody.
        const isNews = id > told && (controller.desiredSize ?? 0) > 0;
        if (!hasEnded(run) && !isNews) continue;
        told = id;
        write(`id: ${id}\nevent: ${hasEnded(run) ? 'end' : 'progress'}\ndata: ${JSON.stringify(run)}`);
      }
    } catch (error) {
      write(`: ${toTidemarkError(error).code}`);
    } finally {
      clearInterval(heartbeat);
    }
    if (!gone.signal.aborted) controller.close();
  }

  return new ReadableStream(
    {
      start(controller) {
        void tell(controller);
      },
      cancel() {
        gone.abort(new DOMException('The client has gone.', 'AbortError'));
      },
    },
    new CountQueuingStrategy({ highWaterMark: MOST_UNREAD }),
  );
}

/** What clients send back in `Last-Event-ID`; anything else counts as nothing, and they are told all. */
export function parseEventId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether a client that has this event has them all. */
export function isLastEvent(run: RunAnswer, eventId: number | undefined): boolean {
  return hasEnded(run) && toEventId(run) === eventId;
}

/**
 * Out of the run alone, so that every process gives the same event the same id: counters only grow, hence so does
 * their sum. The end is odd, which puts it behind all progress, even when nothing was counted since.
 */
function toEventId(run: RunAnswer): number {
  const { synced, skipped, deleted, eventsCreated, listed, graphCalls } = run;
  return 2 * (synced + skipped + deleted + eventsCreated + listed + graphCalls) + (hasEnded(run) ? 1 : 0);
}

function hasEnded(run: RunAnswer): boolean {
  return run.status !== 'running';
}
