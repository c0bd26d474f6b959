import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import { GraphError, type GraphErrorDetails } from '../core/errors.ts';
import type { GraphResponse, GraphRequest, Send } from './call.ts';
import { jumpingClock } from '../../test/support/graph/ports.ts';
import { withRetries } from './retry.ts';

const ANSWER: GraphResponse = { body: {}, servedAt: undefined, usage: NO_USAGE, durationMs: 1 };

function fault(details: GraphErrorDetails): GraphError {
  return new GraphError('GRAPH_ERROR', `a ${details.kind} fault`, details);
}

function request(): GraphRequest {
  return { kind: 'light', path: ['1'], params: {}, subject: 'Page 1' };
}

/** Fails with the given errors in turn, then answers; the last error is repeated when `forever`. */
function failing(errors: readonly Error[], forever = false): Send & { calls: () => number } {
  let calls = 0;
  const send: Send = async () => {
    const error = errors[Math.min(calls, forever ? errors.length - 1 : Number.MAX_SAFE_INTEGER)];
    calls += 1;
    if (error !== undefined) throw error;
    return ANSWER;
  };
  return Object.assign(send, { calls: () => calls });
}

describe('withRetries', () => {
  test('pauses with full jitter under a doubling ceiling, and gives up after four attempts', async () => {
    const clock = jumpingClock();
    const send = failing([fault({ kind: 'transient' })], true);
    await expect(withRetries(send, { clock, random: () => 0.999_999 })(request())).rejects.toThrow('transient');
    expect(send.calls()).toBe(4);
    expect(clock.sleeps).toEqual([499, 999, 1999]);
    const still = jumpingClock();
    await expect(withRetries(send, { clock: still, random: () => 0 })(request())).rejects.toThrow('transient');
    expect(still.sleeps).toEqual([0, 0, 0]);
  });

  test('never begins an attempt when two minutes have passed', async () => {
    const clock = jumpingClock();
    const slow: Send = async () => {
      await clock.sleep(50_000);
      throw fault({ kind: 'transient' });
    };
    await expect(withRetries(slow, { clock, random: () => 0 })(request())).rejects.toThrow('transient');
    expect(clock.sleeps.filter((ms) => ms === 50_000)).toHaveLength(3);
  });

  test('waits as long as Facebook wishes, and leaves longer wishes to the caller', async () => {
    const clock = jumpingClock();
    const brief = failing([fault({ kind: 'transient', retryAfterMs: 20_000 })]);
    await withRetries(brief, { clock, random: () => 0.5 })(request());
    expect(clock.sleeps).toEqual([20_000]);
    const long = failing([fault({ kind: 'transient', retryAfterMs: 31_000 })]);
    await expect(withRetries(long, { clock, random: () => 0.5 })(request())).rejects.toThrow('transient');
    expect(long.calls()).toBe(1);
  });

  test('bears ten short throttles in a row, and no quota at all', async () => {
    const parts = { clock: jumpingClock(), random: () => 0 };
    const short = failing([fault({ kind: 'throttled', graphCode: 613, retryAfterMs: 1000 })], true);
    await expect(withRetries(short, parts)(request())).rejects.toThrow('throttled');
    expect(short.calls()).toBe(10);
    const quota = failing([fault({ kind: 'throttled', graphCode: 4, retryAfterMs: 1000 })], true);
    await expect(withRetries(quota, parts)(request())).rejects.toThrow('throttled');
    expect(quota.calls()).toBe(1);
  });

  test('never repeats anything else', async () => {
    const kinds = ['too-much-data', 'token', 'permission', 'missing', 'blocked', 'invalid'] as const;
    const others = [
      ...kinds.map((kind) => fault({ kind })),
      new Error('not ours'),
      new DOMException('aborted', 'AbortError'),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...others), fc.integer({ min: 0, max: 3 }), async (error, before) => {
        const send = failing([...Array<Error>(before).fill(fault({ kind: 'transient' })), error], true);
        const parts = { clock: jumpingClock(), random: () => 0 };
        await expect(withRetries(send, parts)(request())).rejects.toBe(error);
        expect(send.calls()).toBe(before + 1);
      }),
    );
  });
});
