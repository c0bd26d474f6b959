/**
 * Batch requests: up to 50 calls in one POST. Every part is a call of its own to the meter, the log and the faults;
 * a part that gets no answer is null, and the outer status is 200 all the same. Dependencies between parts are not
 * simulated.
 */
import { traceId } from './ids.ts';
import { readForm, readIncoming } from './incoming.ts';
import { toFacebookJson } from './json.ts';
import { perform } from './perform.ts';
import { createRandom } from './random.ts';
import { Refusal, invalidParameter, noToken, statusOf, toErrorJson } from './refusals.ts';
import { describeTarget } from './targets.ts';
import type { Call } from './calls.ts';
import type { Incoming } from './incoming.ts';
import type { Outcome } from './outcome.ts';
import type { Facebook } from './perform.ts';

const LARGEST_BATCH = 50;

interface BatchPart {
  readonly method: string;
  readonly relative_url: string;
  readonly body?: string;
}

interface PartAnswer {
  readonly code: number;
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
}

export async function performBatch(facebook: Facebook, incoming: Incoming): Promise<Outcome> {
  const call = openCall(facebook, incoming);
  await facebook.world.callArrived(call);
  const effect = facebook.faults.take(call);
  const outcome = await answerBatch(facebook, incoming, call);
  const how =
    effect?.type === 'reset' || effect?.type === 'hang' || effect?.type === 'truncated' ? effect.type : undefined;
  const bent =
    effect?.type === 'empty' || effect?.type === 'body'
      ? { ...outcome, status: effect.status ?? 200, body: effect.type === 'body' ? effect.body : '' }
      : outcome;
  const durationMs = performance.now() - call.arrivedMs;
  const status = how === undefined ? bent.status : 0;
  facebook.calls.end(call, { status, code: undefined, items: undefined, durationMs });
  return how === undefined ? bent : { ...bent, how };
}

async function answerBatch(facebook: Facebook, incoming: Incoming, call: Call): Promise<Outcome> {
  const headers = { 'content-type': 'application/json; charset=UTF-8', 'facebook-api-version': incoming.version };
  try {
    if (incoming.token === undefined) throw noToken();
    const parts = readParts(incoming);
    const withHeaders = incoming.parameters['include_headers'] !== 'false';
    const answers = await Promise.all(
      parts.map(async (part) => toPartAnswer(await perform(facebook, toIncoming(part, incoming)), withHeaders)),
    );
    return { status: 200, headers, body: toFacebookJson(answers) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = { error: { ...toErrorJson(error.body), fbtrace_id: traceId(createRandom('trace', call.number)) } };
    return { status: statusOf(error.body), headers, body: toFacebookJson(body) };
  }
}

function readParts(incoming: Incoming): BatchPart[] {
  const parts: unknown = parse(incoming.parameters['batch'] ?? '');
  if (!Array.isArray(parts) || parts.length === 0) throw invalidParameter('Param batch must be a non-empty array');
  if (parts.length > LARGEST_BATCH) {
    const message = `Too many requests in batch message. Maximum batch size is ${LARGEST_BATCH}`;
    throw new Refusal({ code: 100, type: 'GraphBatchException', message });
  }
  if (!parts.every(isPart)) throw invalidParameter('Each part of a batch needs method and relative_url');
  return parts;
}

function isPart(value: unknown): value is BatchPart {
  return (
    typeof value === 'object' &&
    value !== null &&
    'method' in value &&
    typeof value.method === 'string' &&
    'relative_url' in value &&
    typeof value.relative_url === 'string' &&
    (!('body' in value) || typeof value.body === 'string')
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidParameter('Param batch must be a JSON array');
    throw error;
  }
}

/** The outer token serves every part that brings none; its proof goes with it. */
function toIncoming(part: BatchPart, outer: Incoming): Incoming {
  const { appsecret_proof, appsecret_time } = outer.parameters;
  const proof = {
    ...(appsecret_proof === undefined ? {} : { appsecret_proof }),
    ...(appsecret_time === undefined ? {} : { appsecret_time }),
  };
  const path = part.relative_url.replace(/^\//, '');
  const isVersioned = /^v\d+\.\d+\//.test(path);
  const target = isVersioned ? `/${path}` : `/${outer.version}/${path}`;
  return readIncoming(
    { method: part.method.toUpperCase(), target, arrivedMs: outer.arrivedMs },
    readForm(part.body ?? '', undefined),
    { token: outer.token, parameters: proof, inBatch: true },
  );
}

function toPartAnswer(outcome: Outcome, withHeaders: boolean): PartAnswer | null {
  if (outcome.how !== undefined) return null;
  const { status: code, body } = outcome;
  if (!withHeaders) return { code, body };
  return { code, headers: Object.entries(outcome.headers).map(([name, value]) => ({ name, value })), body };
}

function openCall({ world, calls }: Facebook, incoming: Incoming): Call {
  return calls.open({
    ...describeTarget({ kind: 'batch' }),
    at: world.now(),
    arrivedMs: incoming.arrivedMs,
    method: incoming.method,
    limit: undefined,
    messagesLimit: 0,
    since: undefined,
    after: undefined,
    fields: undefined,
    byUser: false,
    inBatch: false,
  });
}
