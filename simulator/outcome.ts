/** What leaves for the wire: replies put into headers and bytes, and spoiled where a fault wants it. */
import { traceId } from './ids.ts';
import { joinPieces, toFacebookPieces } from './json.ts';
import { createRandom } from './random.ts';
import { Refusal, statusOf, toErrorJson } from './refusals.ts';
import type { Answer } from './answer.ts';
import type { Call } from './calls.ts';
import type { FaultEffect } from './faults.ts';
import type { Incoming } from './incoming.ts';
import type { Json, Pieces } from './json.ts';
import type { RefusalBody } from './refusals.ts';

/** What goes over the wire. Without `how` it is sent whole. */
export interface Outcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Pieces;
  readonly how?: 'reset' | 'hang' | 'truncated';
}

/** What is to be said, before it is put into bytes. */
export interface Reply {
  readonly status: number;
  readonly body: Json;
  readonly error: RefusalBody | undefined;
  readonly price: { readonly light: number; readonly full: number };
}

/** Turns a refusal into the body Facebook would send; any other error is the simulator's own and goes on. */
export function toReply(call: Call, answerIt: () => Answer): Reply {
  try {
    const { body, light, full } = answerIt();
    return { status: 200, body, error: undefined, price: { light, full } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const fbtrace_id = traceId(createRandom('trace', call.number));
    const body = { error: { ...toErrorJson(error.body), fbtrace_id } };
    return { status: statusOf(error.body), body, error: error.body, price: { light: 0, full: 0 } };
  }
}

/** The bytes and headers of a reply, after the fault has done its work on them. */
export function toOutcome(input: {
  now: number;
  incoming: Incoming;
  call: Call;
  reply: Reply;
  effect: FaultEffect | undefined;
  usage: Readonly<Record<string, string>>;
}): Outcome {
  const { now, incoming, call, reply, effect, usage } = input;
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=UTF-8',
    'facebook-api-version': incoming.version,
    'x-fb-request-id': traceId(createRandom('request', call.number)),
    'cache-control': 'private, no-cache, no-store, must-revalidate',
    pragma: 'no-cache',
    expires: 'Sat, 01 Jan 2000 00:00:00 GMT',
    'access-control-allow-origin': '*',
    date: new Date(now).toUTCString(),
    ...usage,
  };
  if (reply.error !== undefined && reply.status < 500) {
    const kind = reply.error.code === 190 ? 'invalid_token' : 'invalid_request';
    headers['www-authenticate'] = `OAuth "Facebook Platform" "${kind}" "${reply.error.message.replaceAll('"', "'")}"`;
  }
  const isBare = effect?.type === 'error' && effect.bare === true && reply.error !== undefined;
  const shown = isBare ? { error: { message: reply.error.message, code: reply.error.code } } : reply.body;
  const whole = { status: reply.status, headers, body: toFacebookPieces(shown) };
  switch (effect?.type) {
    case 'reset':
    case 'hang':
    case 'truncated':
      return { ...whole, how: effect.type };
    case 'half-json': {
      const text = joinPieces(whole.body);
      return { ...whole, body: [text.slice(0, Math.ceil(text.length / 2))] };
    }
    case 'html':
      return { status: effect.status ?? 502, headers: { ...headers, 'content-type': 'text/html' }, body: [HTML] };
    case 'empty':
      return { status: effect.status ?? 200, headers, body: [] };
    case 'body':
      return { status: effect.status, headers, body: [effect.body] };
    default:
      return whole;
  }
}

const HTML = '<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>';
