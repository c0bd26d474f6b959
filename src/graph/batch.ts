/**
 * Batch calls: several requests in one POST, and their answers apart again. Every part goes with its own token and
 * proof, in the body; so no answer is handed on, and no error made, before those are blotted out of it.
 */
import { GraphError } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import { must } from '../lib/must.ts';
import type { Secret } from '../lib/secret.ts';
import type { GraphParams, GraphRequest, HttpAnswer } from './call.ts';
import type { Exchange } from './exchange.ts';
import { interpret } from './interpret.ts';
import { redactAnswer } from './redact.ts';
import { toQuery, toRelativeUrl } from './relative-url.ts';
import { isObject, type Maybe, toCount, toText } from './shapes.ts';
import { readUsage } from './usage.ts';

/** Facebook refuses more. */
export const MOST_PARTS = 50;

export interface BatchJourney {
  /** Called when the request leaves. */
  readonly departed: () => void;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * The answer of each request, in their order; undefined for one that Facebook did not get to. Rejects with a
 * GraphError when the batch failed as a whole, which says nothing about any of them.
 */
export type AskTogether = (
  requests: readonly GraphRequest[],
  journey: BatchJourney,
) => Promise<readonly (HttpAnswer | undefined)[]>;

export interface BatchParts {
  readonly exchange: Exchange;
  /** Of the API, with its version. */
  readonly path: string;
  /** The parameters that prove the app's secret for a token. */
  readonly prove: (token: Secret) => GraphParams;
}

export function openBatches({ exchange, path, prove }: BatchParts): AskTogether {
  const toParams = (token: Secret) => ({ access_token: token.reveal(), ...prove(token) });
  const toPart = (request: GraphRequest) => ({
    method: 'GET',
    relative_url: toRelativeUrl({ ...request, params: { ...request.params, ...toParams(request.token) } }),
  });

  return async (requests, journey) => {
    const subject = `a batch of ${requests.length} calls`;
    const secrets = requests.map(({ token }) => token.reveal());
    // Facebook wants a token for the whole as well, and falls back on it for parts without one: there are none.
    const lead = must(requests[0], 'a batch has parts').token;
    const form = { ...toParams(lead), batch: JSON.stringify(requests.map(toPart)) };
    const answer = await exchange({
      ...journey,
      method: 'POST',
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: toQuery(form),
      subject,
      secrets,
    });
    return readBatch(answer, { subject, secrets });
  };
}

export interface BatchReading {
  /** The batch, as messages name it. */
  readonly subject: string;
  /** The token of each part; the first one is that of the whole. */
  readonly secrets: readonly string[];
}

/** The parts as answers of their own. Throws a GraphError when the call failed as a whole, or does not answer each part. */
export function readBatch(answer: HttpAnswer, { subject, secrets }: BatchReading): (HttpAnswer | undefined)[] {
  const parts = answer.status === 200 ? parseParts(answer.text) : undefined;
  if (parts === undefined) interpret(answer, { subject, usage: readUsage(answer.headers) });
  if (parts?.length !== secrets.length) {
    throw new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} does not answer each of them.`, {
      kind: 'transient',
    });
  }
  const lead = must(secrets[0], 'a batch has parts');
  return parts.map((part) => toAnswer(part, { whole: answer, lead }));
}

/** Undefined for what is no list. The bodies of the parts are text in it, and are parsed where each is used. */
function parseParts(text: string): readonly JsonValue[] | undefined {
  try {
    const parts: JsonValue = JSON.parse(text);
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    // The caller makes an error of it.
    return undefined;
  }
}

/** The host's clock and what is used of the app's pool are everybody's; the other headers of the whole are its token's. */
function toAnswer(part: JsonValue, { whole, lead }: { whole: HttpAnswer; lead: string }): HttpAnswer | undefined {
  const status = isObject(part) ? toCount(part['code']) : undefined;
  if (!isObject(part) || status === undefined) return undefined;
  const { date, 'x-app-usage': appUsage } = whole.headers;
  const headers = { date, 'x-app-usage': appUsage, ...toHeaders(part['headers']) };
  return { status, headers, text: redactAnswer(toText(part['body']) ?? '', [lead]) };
}

/** A part's headers are a list of names and values, or left out. */
function toHeaders(headers: Maybe): Record<string, string> {
  if (!Array.isArray(headers)) return {};
  return Object.fromEntries(
    headers.flatMap((header: JsonValue) => {
      const name = isObject(header) ? toText(header['name']) : undefined;
      const value = isObject(header) ? toText(header['value']) : undefined;
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value]];
    }),
  );
}
