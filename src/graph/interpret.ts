/**
 * What an answer of Facebook means: its body, or the error that it stands for. The secrets that were sent have been
 * taken out of it before.
 */
import { GraphError } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { AdmittedRequest, GraphResponse, HttpAnswer, OwnQuotas, SendOnce } from './call.ts';
import { classifyGraphError, readRefusal } from './error-codes.ts';
import { parseJson } from './json.ts';
import { isObject } from './shapes.ts';
import { readUsage } from './usage.ts';

export interface InterpretationParts {
  readonly ownQuotas: OwnQuotas | undefined;
  readonly clock: Clock;
}

/** Reads every answer. Rejects with a GraphError for everything but a JSON object or list that is no refusal. */
export function withInterpretation(
  exchange: (request: AdmittedRequest) => Promise<HttpAnswer>,
  { ownQuotas, clock }: InterpretationParts,
): SendOnce {
  return async (request) => {
    const startedMs = clock.monotonicMs();
    const answer = await exchange(request);
    const durationMs = clock.monotonicMs() - startedMs;
    return { ...interpret(answer, { subject: request.subject, ownQuotas }), durationMs };
  };
}

interface Asked {
  /** What was asked for, as messages name it. */
  readonly subject: string;
  readonly ownQuotas?: OwnQuotas | undefined;
}

export function interpret(
  { status, headers, text }: HttpAnswer,
  { subject, ownQuotas }: Asked,
): Omit<GraphResponse, 'durationMs'> {
  const usage = readUsage(headers, ownQuotas);
  const retryAfterMs = toRetryAfterMs(headers['retry-after']);
  if (status >= 300 && status < 400) {
    throw new GraphError(
      'GRAPH_ERROR',
      `Facebook's host answered ${subject} with a redirect (HTTP ${status}), which is never followed. Check GRAPH_API_URL.`,
      { kind: 'invalid', httpStatus: status, usage },
    );
  }
  const body = parseBody(text);
  if (readRefusal(body) !== undefined || status === 429 || (status >= 400 && isContainer(body))) {
    throw classifyGraphError({ status, body, subject, usage, retryAfterMs });
  }
  if (status >= 400 || !isContainer(body)) {
    const what = text.trim() === '' ? 'an empty body' : 'something that is not a JSON object';
    throw new GraphError('GRAPH_ERROR', `Facebook answered ${subject} with ${what} (HTTP ${status}).`, {
      kind: 'transient',
      httpStatus: status,
      usage,
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

function isContainer(body: JsonValue | undefined): body is GraphResponse['body'] {
  return isObject(body) || Array.isArray(body);
}

/** Facebook's quotas are by the hour or the day; more than this is nonsense that would park a Page for good. */
const LONGEST_WAIT_S = 7 * 86_400;

/** `Retry-After` in seconds; its other form, a date, is not used by Facebook. */
function toRetryAfterMs(header: string | readonly string[] | undefined): number | undefined {
  const seconds = Math.min(Number(header), LONGEST_WAIT_S);
  return seconds > 0 ? seconds * 1000 : undefined;
}
