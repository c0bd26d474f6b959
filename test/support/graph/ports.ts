/** Ports for tests: a clock that jumps instead of waiting, and a gate that remembers who entered. For tests only. */
import type { Instant } from '../../../src/core/model.ts';
import type { CallGate, Clock } from '../../../src/core/ports.ts';
import type { PoolUsage, Quiet } from '../../../src/core/quota.ts';
import { Secret } from '../../../src/lib/secret.ts';
import { createGraphClient, type GraphClientOptions } from '../../../src/graph/client.ts';

export interface JumpingClock extends Clock {
  readonly sleeps: readonly number[];
}

export function jumpingClock(start: Instant = Date.UTC(2026, 0, 2, 3, 4, 5)): JumpingClock {
  const sleeps: number[] = [];
  let now = start;
  return {
    sleeps,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
    },
  };
}

export interface RecordingGate extends CallGate {
  readonly log: readonly string[];
  readonly parks: readonly Quiet[];
  /** The pools that every answer told of. */
  readonly usages: readonly (readonly PoolUsage[])[];
}

/** Admits everybody; `log` gets `enter` and `park` in the order they happened. */
export function recordingGate(log: string[] = []): RecordingGate {
  const parks: Quiet[] = [];
  const usages: (readonly PoolUsage[])[] = [];
  return {
    log,
    parks,
    usages,
    async enter(signal) {
      signal?.throwIfAborted();
      log.push('enter');
      return () => {};
    },
    async park(quiet) {
      log.push('park');
      parks.push(quiet);
    },
    async noteUsage(pools) {
      usages.push(pools);
    },
  };
}

/** Long and peculiar enough to be found wherever it leaks. */
export const TOKEN_TEXT = 'EAAinventedPageToken0123456789abcdef';
export const token = new Secret(TOKEN_TEXT);

/** A client with a jumping clock and jitter in the middle, unless told otherwise. */
export function testClient(baseUrl: string, options: Partial<GraphClientOptions> = {}) {
  return createGraphClient({ baseUrl, version: 'v25.0', clock: jumpingClock(), random: () => 0.5, ...options });
}
