/**
 * The one door to Facebook. It talks to the host of `baseUrl` and no other: no redirect and no link in an answer is
 * ever followed. The token travels in the `Authorization` header alone, and leaves through no message, report or error.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';
import { GraphError, isGraphError } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import { proveAppSecret } from './app-secret-proof.ts';
import type { CallReport, GraphAnswer, GraphClient, GraphRequest } from './call.ts';
import { classifyGraphError, readRefusal } from './error-codes.ts';
import { withDeparture } from './departure.ts';
import { parseJson } from './json.ts';
import { redact, redactAnswer } from './redact.ts';
import { withGate, withParking, withRetries } from './retry.ts';
import { isObject } from './shapes.ts';
import { NO_USAGE, readUsage, type Usage } from './usage.ts';

export interface GraphClientOptions {
  /** Where the Graph API is, e.g. `https://graph.facebook.com`; a path in it is kept. */
  readonly baseUrl: string;
  /** e.g. `v25.0`. */
  readonly version: string;
  /** Secret of the app that the tokens belong to; with it every call carries a proof. Default: none. */
  readonly appSecret?: Secret | undefined;
  /** For one attempt, from sending to the last byte. Facebook itself cuts off at 30 s: stay above. Default: 60 000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Largest answer, unpacked. Default: 64 MiB; 100 conversations with 25 messages are about 2.5 MB. */
  readonly maxBytes?: number | undefined;
  /** Default: `tidemark`. */
  readonly userAgent?: string | undefined;
  readonly clock: Clock;
  /** From 0 up to 1, evenly, for the jitter of pauses. Default: Math.random. */
  readonly random?: (() => number) | undefined;
}

const KEEP_ALIVE_MS = 30_000;
const unpack = promisify(gunzip);

export function createGraphClient(options: GraphClientOptions): GraphClient {
  const { clock, appSecret, timeoutMs = 60_000, maxBytes = 64 * 2 ** 20, userAgent = 'tidemark' } = options;
  const base = new URL(options.baseUrl);
  const root = [base.pathname.replace(/\/+$/u, ''), options.version].join('/');
  // No cap on connections: capping them at the calls in flight cost 12–17 % of the throughput.
  const pool = new Pool(base.origin, {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxBytes,
  });

  async function attempt(request: GraphRequest, departed: () => void): Promise<GraphAnswer> {
    const startedAt = clock.now();
    const seen: { httpStatus?: number; usage: Usage; fault?: unknown } = { usage: NO_USAGE };
    try {
      const answer = await exchange(request, departed);
      seen.httpStatus = answer.status;
      seen.usage = readUsage(answer.headers);
      await request.gate.noteUsage(seen.usage.pools);
      return interpret(request, answer, seen.usage);
    } catch (error) {
      seen.fault = error;
      throw error;
    } finally {
      request.onCall?.({
        subject: request.subject,
        startedAt,
        durationMs: clock.now() - startedAt,
        httpStatus: seen.httpStatus,
        outcome: toOutcome(seen.fault),
        graphCode: isGraphError(seen.fault) ? seen.fault.graphCode : undefined,
        usage: seen.usage,
      });
    }
  }

  async function exchange(request: GraphRequest, departed: () => void): Promise<HttpAnswer> {
    const { token, signal, subject } = request;
    const proof = appSecret && proveAppSecret({ appSecret, token, at: clock.now() });
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      const { statusCode, headers, body } = await withDeparture(pool, departed).request({
        method: 'GET',
        path: toPath(root, { ...request, params: { ...request.params, ...proof } }),
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': userAgent,
        },
        signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
      });
      const bytes = await body.bytes();
      const isPacked = headers['content-encoding'] === 'gzip' && bytes.length > 0;
      const plain = isPacked ? await unpack(bytes, { maxOutputLength: maxBytes }) : bytes;
      return { status: statusCode, headers, text: new TextDecoder().decode(plain) };
    } catch (error) {
      signal?.throwIfAborted();
      throw toExchangeError(error, { subject, token, timeoutMs: timeout.signal.aborted ? timeoutMs : undefined });
    } finally {
      clearTimeout(timer);
    }
  }

  const parts = { clock, random: options.random ?? Math.random };
  return {
    get: withRetries(withParking(withGate(attempt), parts), parts),
    close: () => pool.close(),
  };
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function toPath(root: string, { path, params, subject }: Pick<GraphRequest, 'path' | 'params' | 'subject'>): string {
  if (path.some((segment) => /^\.{0,2}$/u.test(segment))) {
    throw new GraphError('GRAPH_ERROR', `Cannot ask Facebook for ${subject}: an id is empty or only dots.`, {
      kind: 'invalid',
    });
  }
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return `${root}/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** The answer, or the error it stands for. */
function interpret({ subject, token }: GraphRequest, { status, headers, text }: HttpAnswer, usage: Usage): GraphAnswer {
  const retryAfterMs = toRetryAfterMs(headers['retry-after']);
  if (status >= 300 && status < 400) {
    throw new GraphError(
      'GRAPH_ERROR',
      `Facebook's host answered ${subject} with a redirect (HTTP ${status}), which is never followed. Check GRAPH_API_URL.`,
      { kind: 'invalid', httpStatus: status },
    );
  }
  const body = parseBody(redactAnswer(text, [token.reveal()]));
  if (readRefusal(body) !== undefined || status === 429 || (status >= 400 && isContainer(body))) {
    throw classifyGraphError({ status, body, subject, pools: usage.pools, retryAfterMs });
  }
  if (status >= 400 || !isContainer(body)) {
    const what = text.trim() === '' ? 'an empty body' : 'something that is not a JSON object';
    throw new GraphError('GRAPH_ERROR', `Facebook answered ${subject} with ${what} (HTTP ${status}).`, {
      kind: 'transient',
      httpStatus: status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  const servedAt = Date.parse(String(headers['date']));
  return { body, servedAt: Number.isNaN(servedAt) ? undefined : servedAt, usage };
}

function parseBody(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    // HTML, nothing, or half an answer: the caller says so in its error.
    return undefined;
  }
}

function isContainer(body: JsonValue | undefined): body is GraphAnswer['body'] {
  return isObject(body) || Array.isArray(body);
}

/** `Retry-After` in seconds; its other form, a date, is not used by Facebook. */
function toRetryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return seconds > 0 ? seconds * 1000 : undefined;
}

const TOO_LARGE = new Set(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'ERR_BUFFER_TOO_LARGE']);

interface ExchangeFault {
  readonly subject: string;
  readonly token: Secret;
  /** The time that was allowed, when it ran out. */
  readonly timeoutMs: number | undefined;
}

function toExchangeError(error: unknown, { subject, token, timeoutMs }: ExchangeFault): unknown {
  if (isGraphError(error)) return error;
  if (timeoutMs !== undefined) {
    // Facebook is there, or the connection would have failed: the same question would take as long again.
    const message = `Facebook did not answer ${subject} within ${timeoutMs / 1000} s.`;
    return new GraphError('GRAPH_UNREACHABLE', message, { kind: 'too-much-data' });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TOO_LARGE.has(code)) {
    return new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} is larger than can be taken.`, {
      kind: 'too-much-data',
      cause: error,
    });
  }
  const reason = redact(error instanceof Error ? error.message || code : String(error), [token.reveal()]);
  return new GraphError('GRAPH_UNREACHABLE', `Facebook did not answer ${subject}: ${reason}.`, {
    kind: 'transient',
    cause: error,
  });
}

function toOutcome(fault: unknown): CallReport['outcome'] {
  if (fault === undefined) return 'answered';
  return isGraphError(fault) ? fault.kind : 'aborted';
}
