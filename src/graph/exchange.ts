/**
 * One HTTP request to Facebook's host and its whole answer, of whatever status. It talks to the host of `baseUrl` and
 * no other: no redirect is ever followed. No error of it quotes a secret.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';
import { GraphError, isGraphError } from '../core/errors.ts';
import type { HttpAnswer } from './call.ts';
import { withSentHook } from './sent-hook.ts';
import { redact } from './redact.ts';

export interface HostOptions {
  readonly baseUrl: string;
  /** Largest answer, unpacked. */
  readonly maxBytes: number;
  readonly userAgent: string;
  /** For one request, from sending to the last byte. */
  readonly timeoutMs: number;
}

export interface HttpRequest {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is asked for, as messages name it. */
  readonly subject: string;
  /** Must stand in no error. */
  readonly secrets: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Called when the request leaves. */
  readonly onSent: () => void;
}

export interface Host {
  /** Rejects with a GraphError when no whole answer came, or with the reason of the aborted signal. */
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  /** Waits for requests under way, then closes the connections. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 30_000;
const unpack = promisify(gunzip);

export function openHost({ baseUrl, maxBytes, userAgent, timeoutMs }: HostOptions): Host {
  // No cap on connections: capping them at the calls in flight cost 12–17 % of the throughput.
  const pool = new Pool(new URL(baseUrl).origin, {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxBytes,
  });

  async function exchange(request: HttpRequest): Promise<HttpAnswer> {
    const { path, signal, onSent } = request;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      const { statusCode, headers, body } = await withSentHook(pool, onSent).request({
        method: 'GET',
        path,
        headers: {
          ...request.headers,
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
      throw toExchangeError(error, request, timeout.signal.aborted ? timeoutMs : undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  return { exchange, close: () => pool.close() };
}

const TOO_LARGE = new Set(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'ERR_BUFFER_TOO_LARGE']);

function toExchangeError(error: unknown, { subject, secrets }: HttpRequest, timedOutMs: number | undefined): unknown {
  if (isGraphError(error)) return error;
  if (timedOutMs !== undefined) {
    // Facebook is there, or the connection would have failed: the same question would take as long again.
    const message = `Facebook did not answer ${subject} within ${timedOutMs / 1000} s.`;
    return new GraphError('GRAPH_UNREACHABLE', message, { kind: 'too-much-data' });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TOO_LARGE.has(code)) {
    return new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} is larger than can be taken.`, {
      kind: 'too-much-data',
      cause: error,
    });
  }
  const reason = redact(error instanceof Error ? error.message || code : String(error), secrets);
  return new GraphError('GRAPH_UNREACHABLE', `Facebook did not answer ${subject}: ${reason}.`, {
    kind: 'transient',
    cause: error,
  });
}
