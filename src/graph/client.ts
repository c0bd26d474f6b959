/**
 * The one door to Facebook. It talks to the host of `baseUrl` and no other: no redirect and no link in an answer is
 * ever followed. The token travels in the `Authorization` header, or in the body of a batch, and leaves through no
 * message, report or error.
 */
import { isGraphError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import { proveAppSecret } from './app-secret-proof.ts';
import { openBatches } from './batch.ts';
import type { Ask, CallReport, GraphAnswer, GraphClient, GraphParams, GraphRequest } from './call.ts';
import { MAX_ANSWER_BYTES, openHost } from './exchange.ts';
import { interpret } from './interpret.ts';
import { toRelativeUrl } from './relative-url.ts';
import { withGate, withParking, withRetries } from './retry.ts';
import { withSharedLists } from './shared-lists.ts';
import { NO_USAGE, readUsage, type Usage } from './usage.ts';

export interface GraphClientOptions {
  /** Where the Graph API is, e.g. `https://graph.facebook.com`; a path in it is kept. */
  readonly baseUrl: string;
  /** e.g. `v25.0`. */
  readonly version: string;
  /** Secret of the app that the tokens belong to; with it every call carries a proof. Default: none. */
  readonly appSecret?: Secret | undefined;
  /** Whether calls that may travel together, of different Pages, do. Default: each travels alone. */
  readonly sharesLists?: boolean | undefined;
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
  const { clock, appSecret, timeoutMs = 60_000, maxBytes = MAX_ANSWER_BYTES, userAgent = 'tidemark' } = options;
  const root = [new URL(options.baseUrl).pathname.replace(/(?<!\/)\/+$/u, ''), options.version].join('/');
  const host = openHost({ baseUrl: options.baseUrl, maxBytes, userAgent });
  const prove = (token: Secret): GraphParams =>
    appSecret === undefined ? {} : proveAppSecret({ appSecret, token, at: clock.now() });

  const askAlone: Ask = async ({ path, params, token, subject, signal }, departed) => {
    const proof = prove(token);
    return host.exchange({
      method: 'GET',
      path: `${root}/${toRelativeUrl({ path, params: { ...params, ...proof }, subject })}`,
      headers: { authorization: `Bearer ${token.reveal()}` },
      subject,
      secrets: [token.reveal(), appSecret?.reveal() ?? '', String(proof['appsecret_proof'] ?? '')],
      signal,
      timeoutMs,
      departed,
    });
  };
  const askTogether = openBatches({ exchange: host.exchange, path: `${root}/`, prove });
  const ask = options.sharesLists ? withSharedLists({ askAlone, askTogether, clock, timeoutMs }) : askAlone;

  async function attempt(request: GraphRequest, departed: () => void): Promise<GraphAnswer> {
    const { subject } = request;
    const startedAt = clock.now();
    const seen: { httpStatus?: number; usage: Usage; fault?: unknown } = { usage: NO_USAGE };
    try {
      const answer = await ask(request, departed);
      seen.httpStatus = answer.status;
      seen.usage = readUsage(answer.headers);
      await request.gate.noteUsage(seen.usage.pools);
      return interpret(answer, { subject, usage: seen.usage });
    } catch (error) {
      seen.fault = error;
      throw error;
    } finally {
      request.onCall?.({
        subject,
        startedAt,
        durationMs: clock.now() - startedAt,
        httpStatus: seen.httpStatus,
        outcome: toOutcome(seen.fault),
        graphCode: isGraphError(seen.fault) ? seen.fault.graphCode : undefined,
        usage: seen.usage,
      });
    }
  }

  const parts = { clock, random: options.random ?? Math.random };
  return {
    get: withRetries(withParking(withGate(attempt), parts), parts),
    close: () => host.close(),
  };
}

function toOutcome(fault: unknown): CallReport['outcome'] {
  if (fault === undefined) return 'answered';
  return isGraphError(fault) ? fault.kind : 'aborted';
}
