/** Ports for tests: a clock that jumps instead of waiting, and limits that remember who called. For tests only. */
import type { CallReport } from '../../../src/core/events.ts';
import type { Cooldown, QuotaUsage } from '../../../src/core/limits/quota-usage.ts';
import type { Instant } from '../../../src/core/model.ts';
import type { CallLimits, Clock } from '../../../src/core/ports.ts';
import type { GraphRequest, GraphResponse, OwnQuotas } from '../../../src/graph/call.ts';
import { Secret } from '../../../src/lib/secret.ts';
import { createGraphClient, type GraphClientOptions } from '../../../src/graph/client.ts';

export interface JumpingClock extends Clock {
  readonly sleeps: readonly number[];
}

export function jumpingClock(start: Instant = Date.UTC(2026, 0, 2, 3, 4, 5)): JumpingClock {
  const sleeps: number[] = [];
  let passedMs = 0;
  return {
    sleeps,
    now: () => start + passedMs,
    monotonicMs: () => passedMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      passedMs += ms;
    },
  };
}

export interface RecordingLimits extends CallLimits {
  readonly log: readonly string[];
  readonly cooldowns: readonly Cooldown[];
  /** The quotas that every answer told of, when it told of any. */
  readonly usages: readonly (readonly QuotaUsage[])[];
}

/** Admits everybody; `log` gets `acquire` and `block` in the order they happened. */
export function recordingLimits(log: string[] = []): RecordingLimits {
  const cooldowns: Cooldown[] = [];
  const usages: (readonly QuotaUsage[])[] = [];
  return {
    log,
    cooldowns,
    usages,
    async acquire(signal) {
      signal?.throwIfAborted();
      log.push('acquire');
      return () => {};
    },
    async block(cooldown) {
      log.push('block');
      cooldowns.push(cooldown);
    },
    async noteUsage(quotas) {
      if (quotas.length > 0) usages.push(quotas);
    },
  };
}

/** A request, and on whose behalf it is made. Default: with the token below, within no limits. */
export interface TestRequest extends GraphRequest {
  readonly token?: Secret;
  readonly limits?: CallLimits;
  readonly ownQuotas?: OwnQuotas;
  readonly onCall?: (call: CallReport) => void;
}

/** Long and peculiar enough to be found wherever it leaks. */
export const TOKEN_TEXT = 'EAAinventedPageToken0123456789abcdef';
export const token = new Secret(TOKEN_TEXT);

/** A client with a jumping clock and jitter in the middle, unless told otherwise. */
export function testClient(baseUrl: string, options: Partial<GraphClientOptions> = {}) {
  const client = createGraphClient({ baseUrl, version: 'v25.0', clock: jumpingClock(), random: () => 0.5, ...options });
  return {
    ...client,
    /** Asks as a caller that has not asked before. */
    async get({
      limits = recordingLimits(),
      ownQuotas,
      onCall,
      token: own = token,
      ...request
    }: TestRequest): Promise<GraphResponse> {
      return client.open({ token: own, limits, ownQuotas, onCall })(request);
    },
  };
}
