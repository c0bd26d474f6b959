import { describe, expect, test } from 'vitest';
import { GraphError, type GraphErrorDetails } from '../core/errors.ts';
import { NO_USAGE, type QuotaUsage } from '../core/limits/quota-usage.ts';
import { jumpingClock, recordingLimits } from '../../test/support/graph/ports.ts';
import { errorOf } from '../../test/support/graph/requests.ts';
import type { AdmittedRequest, GraphRequest, GraphResponse, Send, SendOnce } from './call.ts';
import { withCooldowns, withRateLimit, withUsage } from './limited.ts';

const REQUEST: GraphRequest = { kind: 'light', path: ['1'], params: {}, subject: 'Page 1' };
const ADMITTED: AdmittedRequest = { ...REQUEST, onSent: () => {}, waitedMs: 0 };
const RESPONSE: GraphResponse = { body: {}, servedAt: undefined, usage: NO_USAGE, durationMs: 1 };

const fault = (details: GraphErrorDetails) => new GraphError('GRAPH_ERROR', `a ${details.kind} fault`, details);
const refusing = (error: Error): SendOnce & Send => {
  return async () => {
    throw error;
  };
};

describe('withRateLimit and withCooldowns', () => {
  test('a call waits for its turn before it is sent, and a refusal that asks for a cooldown blocks', async () => {
    const limits = recordingLimits();
    const error = fault({ kind: 'blocked', cooldownScope: 'page', retryAfterMs: 3_600_000 });
    const limited = withRateLimit(refusing(error), { limits, clock: jumpingClock() });
    const send = withCooldowns(limited, { limits, random: () => 0.25 });
    await expect(send(REQUEST)).rejects.toBe(error);
    expect(limits.log).toEqual(['acquire', 'block']);
    expect(limits.cooldowns).toEqual([{ scope: 'page', ms: 3_600_250, reason: 'a blocked fault' }]);
  });

  test('the turn ends with the call at the latest, and the call knows how long it waited', async () => {
    const clock = jumpingClock();
    let sent = 0;
    const acquire = async () => {
      await clock.sleep(700);
      return () => void (sent += 1);
    };
    const waited: number[] = [];
    const send = withRateLimit(
      async ({ waitedMs }) => {
        waited.push(waitedMs);
        expect(sent).toBe(0);
        throw fault({ kind: 'invalid' });
      },
      { limits: { acquire }, clock },
    );
    await errorOf(send(REQUEST));
    expect([sent, waited]).toEqual([1, [700]]);
  });

  test('goes on only when the cooldown is stored', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const limits = { ...recordingLimits(), block: () => stored };
    const error = fault({ kind: 'throttled', cooldownScope: 'app', retryAfterMs: 300_000 });
    let isOver = false;
    const send = withCooldowns(refusing(error), { limits, random: () => 0 });
    const refused = errorOf(send(REQUEST).finally(() => (isOver = true)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    store();
    expect(await refused).toBe(error);
  });

  test('no other fault blocks', async () => {
    for (const kind of ['transient', 'token', 'permission', 'missing', 'invalid', 'too-much-data'] as const) {
      const limits = recordingLimits();
      const error = fault({ kind, retryAfterMs: 1000 });
      const send = withCooldowns(refusing(error), { limits, random: () => 0 });
      await expect(send(REQUEST)).rejects.toThrow(kind);
      expect(limits.cooldowns).toEqual([]);
    }
  });
});

describe('withUsage', () => {
  const quota: QuotaUsage = { quota: 'messenger', percent: 97, regainMs: undefined };
  const usage = { quotas: [quota], unreadable: [] };

  test('notes what an answer tells of the quotas before it is handed on, be it a refusal', async () => {
    const limits = recordingLimits();
    const response = { ...RESPONSE, usage };
    expect(await withUsage(async () => response, limits)(ADMITTED)).toBe(response);
    const error = fault({ kind: 'permission', usage });
    await expect(withUsage(refusing(error), limits)(ADMITTED)).rejects.toBe(error);
    expect(limits.usages).toEqual([[quota], [quota]]);
  });
});
