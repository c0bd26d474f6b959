/**
 * The one door to Facebook, and all that surrounds a call, in its order. The token travels in the `Authorization`
 * header alone, and leaves through no message, report or error.
 */
import type { Clock } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import type { AdmittedRequest, Caller, GraphClient, Send } from './call.ts';
import { withCallReports } from './call-reports.ts';
import { MAX_ANSWER_BYTES, openHost } from './exchange.ts';
import { withInterpretation } from './interpret.ts';
import { withCooldowns, withRateLimit, withUsage } from './limited.ts';
import { createMaxPageSize, withMaxPageSize } from './max-page-size.ts';
import { createHttpRequests } from './http-request.ts';
import { withRetries } from './retry.ts';
import { withTimeoutBreaker } from './timeout-breaker.ts';

export interface GraphClientOptions {
  /** Where the Graph API is, e.g. `https://graph.facebook.com`; a path in it is kept. */
  readonly baseUrl: string;
  /** e.g. `v25.0`. */
  readonly version: string;
  /** Secret of the app that the tokens belong to; with it every call carries a proof. Default: none. */
  readonly appSecret?: Secret | undefined;
  /** For one attempt, from sending to the last byte. Facebook itself cuts off at 30 s: stay above. Default: 60 000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Largest answer, unpacked. Default: MAX_ANSWER_BYTES. */
  readonly maxBytes?: number | undefined;
  /** Default: `tidemark`. */
  readonly userAgent?: string | undefined;
  readonly clock: Clock;
  /** From 0 up to 1, evenly, for the jitter of pauses. Default: Math.random. */
  readonly random?: (() => number) | undefined;
}

export function createGraphClient(options: GraphClientOptions): GraphClient {
  const { clock, baseUrl, random = Math.random } = options;
  const { timeoutMs = 60_000, maxBytes = MAX_ANSWER_BYTES, userAgent = 'tidemark' } = options;
  const host = openHost({ baseUrl, maxBytes, userAgent, timeoutMs });
  const toHttpRequest = createHttpRequests(options);
  const maxPageSize = createMaxPageSize();

  /** From the single call outwards: each line surrounds the one above it. */
  function open({ token, limits, ownQuotas, onCall }: Caller): Send {
    const exchange = (request: AdmittedRequest) => host.exchange(toHttpRequest(request, token));
    const call = withInterpretation(exchange, { ownQuotas, clock });
    const reported = withCallReports(call, { clock, onCall });
    const noted = withUsage(reported, limits);
    const limited = withRateLimit(noted, { limits, clock });
    const blocking = withCooldowns(limited, { limits, random });
    const retried = withRetries(blocking, { clock, random });
    const broken = withTimeoutBreaker(retried);
    return withMaxPageSize(broken, maxPageSize);
  }

  return { open, close: () => host.close() };
}
