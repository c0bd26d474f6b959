/**
 * One HTTP request to Facebook's host and its whole answer, of whatever status. It talks to the host of `baseUrl` and
 * no other: no redirect is ever followed. Here text enters: neither answer nor error of it holds a secret that was sent.
 */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { GraphError, isGraphError } from '../core/errors.ts';
import type { HttpAnswer } from './call.ts';
import { openDispatcher } from './dispatcher.ts';
import { flattenJson } from './flatten-json.ts';
import { createRedactor, type Redactor } from './redact.ts';
import { withSentHook } from './sent-hook.ts';

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
  /** Are taken out of the answer and stand in no error. Empty ones are none. */
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

/**
 * The largest answer that is taken, in bytes as they are unpacked. 100 conversations with 25 messages each weigh about
 * 2.5 MB, a hundred long messages about 2 MB; where more comes than this, less is asked for. Every call under way may
 * hold as much.
 */
export const MAX_ANSWER_BYTES = 8 * 2 ** 20;

export function openHost({ baseUrl, maxBytes, userAgent, timeoutMs }: HostOptions): Host {
  const url = new URL(baseUrl);
  const dispatcher = openDispatcher(url, maxBytes);

  async function exchange(request: HttpRequest): Promise<HttpAnswer> {
    const { path, signal, onSent } = request;
    const redactor = createRedactor(request.secrets);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      const { statusCode, headers, body } = await withSentHook(dispatcher, onSent).request({
        origin: url.origin,
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
      const isPacked = String(headers['content-encoding']).trim().toLowerCase() === 'gzip';
      const bytes = await readAll(body, { isPacked, maxBytes });
      const text = redactor.answer(flattenJson(new TextDecoder().decode(bytes)));
      return { status: statusCode, headers: redactHeaders(headers, redactor), text };
    } catch (error) {
      signal?.throwIfAborted();
      throw toExchangeError(error, {
        request,
        redactor,
        maxBytes,
        timedOutMs: timeout.signal.aborted ? timeoutMs : undefined,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  return { exchange, close: () => dispatcher.close() };
}

/** The whole body, unpacked while it comes; breaks off as soon as it is too large. */
async function readAll(
  body: Readable,
  { isPacked, maxBytes }: { readonly isPacked: boolean; readonly maxBytes: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) throw new AnswerTooLarge();
      chunks.push(chunk);
    }
  };
  await (isPacked ? pipeline(body, createGunzip({ chunkSize: 2 ** 16 }), collect) : pipeline(body, collect));
  return Buffer.concat(chunks);
}

class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

function redactHeaders(headers: HttpAnswer['headers'], redactor: Redactor): HttpAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? redactor.text(value) : value?.map((item) => redactor.text(item)),
    ]),
  );
}

interface Asking {
  readonly request: HttpRequest;
  readonly redactor: Redactor;
  readonly timedOutMs: number | undefined;
  readonly maxBytes: number;
}

function toExchangeError(error: unknown, { request, redactor, timedOutMs, maxBytes }: Asking): unknown {
  const { subject } = request;
  if (isGraphError(error)) return error;
  if (timedOutMs !== undefined) {
    // Facebook is there, or the connection would have failed: the same question would take as long again.
    const message = `Facebook did not answer ${subject} within ${timedOutMs / 1000} s.`;
    return new GraphError('GRAPH_UNREACHABLE', message, { kind: 'too-much-data' });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof AnswerTooLarge || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const message = `Facebook's answer for ${subject} is larger than the ${maxBytes / 2 ** 20} MiB that are taken.`;
    return new GraphError('GRAPH_ERROR', message, { kind: 'too-much-data' });
  }
  const reason = redactor.text(error instanceof Error ? error.message || code : String(error));
  return new GraphError('GRAPH_UNREACHABLE', `Facebook did not answer ${subject}: ${reason}.`, {
    kind: 'transient',
    // Not the error itself: those of a broken answer hold pieces of it.
    cause: new Error(reason),
  });
}
