import { describe, expect, it } from 'vitest';
import type { RunAnswer } from '../api/runs.ts';
import { TidemarkError } from '../core/errors.ts';
import { streamRun } from './run-stream.ts';
import { RUN, RUN_UNDER_WAY } from '../../test/support/answers.ts';

interface Told {
  readonly id: number;
  readonly event: string;
  readonly run: RunAnswer;
}

const at = (counts: Partial<RunAnswer>): RunAnswer => ({ ...RUN_UNDER_WAY, graphCalls: 0, ...counts });
const ENDED: RunAnswer = { ...at({ graphCalls: 4, listed: 300, synced: 90 }), status: 'succeeded' };
const STORY = [
  at({}),
  at({ graphCalls: 1 }),
  at({ graphCalls: 1, listed: 100 }),
  at({ graphCalls: 3, listed: 100, synced: 90 }),
  ENDED,
];

/** Hands out one state after the other, each when the one before has been read. */
function watching(states: readonly RunAnswer[], ending: () => Promise<void> = async () => {}) {
  return {
    async *watch() {
      for (const state of states) {
        yield state;
        await new Promise(setImmediate);
      }
      await ending();
    },
  };
}

async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

function parse(text: string): readonly Told[] {
  return [...text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n/gm)].map(([, id, event = '', data = '']) => ({
    id: Number(id),
    event,
    run: JSON.parse(data) as RunAnswer,
  }));
}

const tell = async (states: readonly RunAnswer[], after?: number) =>
  parse(await read(streamRun(watching(states), RUN.id, { after })));

describe('the stream of a run', () => {
  it('tells of every growth under a growing id, then of the end, and closes', async () => {
    const told = await tell(STORY);
    expect(told.map(({ event }) => event)).toEqual(['progress', 'progress', 'progress', 'progress', 'end']);
    const ids = told.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(told.map(({ run }) => run)).toEqual(STORY);
  });

  it('tells nothing twice when only the measured times have moved', async () => {
    const phases = { survey: { calls: 1, durationMs: 900, rows: 0 } };
    const told = await tell([at({ graphCalls: 1 }), at({ graphCalls: 1, phases }), ENDED]);
    expect(told).toHaveLength(2);
  });

  it('goes on behind any event, whoever tells it, without repeating one or skipping the end', async () => {
    const all = await tell(STORY);
    for (const [index, { id }] of all.slice(0, -1).entries())
      expect(await tell(STORY, id)).toEqual(all.slice(index + 1));
    // What the client has may be newer than any state that is still there to be told.
    expect((await tell([ENDED], 10_000)).map(({ event }) => event)).toEqual(['end']);
  });

  it('puts the end behind all progress even when nothing was counted since', async () => {
    const cancelled: RunAnswer = { ...at({ graphCalls: 3 }), status: 'cancelled' };
    const [progress, end] = await tell([at({ graphCalls: 3 }), cancelled]);
    expect(end?.event).toBe('end');
    expect(end?.id).toBeGreaterThan(progress?.id ?? Infinity);
  });

  it('breaks every long silence with a comment', async () => {
    const silence = Promise.withResolvers<void>();
    const reader = streamRun(
      watching([at({})], () => silence.promise),
      RUN.id,
      { after: undefined, heartbeatMs: 5 },
    );
    let text = '';
    for await (const chunk of reader) {
      text += new TextDecoder().decode(chunk);
      if (text.split('\n: ').length > 2) silence.resolve();
    }
    expect(text).toMatch(/^id: 0\nevent: progress\ndata: .*\n\n(?:: the run goes on\n\n){2,}$/);
  });

  it('keeps no more than a few events, and the end, for a client that does not read', async () => {
    const counted = Array.from({ length: 500 }, (_, graphCalls) => at({ graphCalls }));
    const told = Promise.withResolvers<void>();
    const stream = streamRun(
      watching([...counted, { ...ENDED, graphCalls: 500 }], async () => told.resolve()),
      RUN.id,
      { after: undefined },
    );
    await told.promise;
    const events = parse(await read(stream));
    expect(events.length).toBeLessThan(20);
    expect(events.at(-1)?.event).toBe('end');
  });

  it('stops watching when its client goes away', async () => {
    const stopped = Promise.withResolvers<unknown>();
    const stream = streamRun(
      {
        async *watch(_runId, { signal } = {}) {
          yield at({});
          await new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
          }).catch(stopped.resolve);
        },
      },
      RUN.id,
      { after: undefined },
    );
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    expect(await stopped.promise).toMatchObject({ name: 'AbortError' });
  });

  it('ends without an end, and with the reason, when the run cannot be read any more', async () => {
    const away = async () => {
      throw new TidemarkError('DATABASE_UNAVAILABLE', 'The database is away.');
    };
    const text = await read(streamRun(watching([at({})], away), RUN.id, { after: undefined }));
    expect(parse(text).map(({ event }) => event)).toEqual(['progress']);
    expect(text).toMatch(/\n: DATABASE_UNAVAILABLE\n\n$/);
  });
});
