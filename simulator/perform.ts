/**
 * One call from arrival to answer: logged, metered, met by its fault, answered, and held back for as long as Facebook
 * would take. Read this to see the order in which things are checked; what an answer contains is decided elsewhere.
 */
import { answerTarget } from './answer-target.ts';
import { answerExchange } from './answer-tokens.ts';
import { authorise, identify } from './authorise.ts';
import { nestedMessages, readFields } from './fields.ts';
import { toOutcome, toReply } from './outcome.ts';
import { Refusal, throttled, usualMessage } from './refusals.ts';
import { describeTarget, findTarget } from './targets.ts';
import { waitUntil } from './wait.ts';
import type { Arrival, Call, CallRecorder } from './calls.ts';
import type { FaultEffect, FaultSource } from './faults.ts';
import type { Incoming } from './incoming.ts';
import type { Json } from './json.ts';
import type { Meter } from './meter.ts';
import type { Latency, Rules } from './options.ts';
import type { Outcome, Reply } from './outcome.ts';
import type { PoolType, Quotas } from './quotas.ts';
import type { RefusalBody } from './refusals.ts';
import type { Target } from './targets.ts';
import type { Texts } from './texts.ts';
import type { World } from './world.ts';

/** Everything that takes part in answering. */
export interface Facebook {
  readonly world: World;
  readonly rules: Rules;
  readonly calls: CallRecorder;
  readonly meter: Meter;
  readonly quotas: Quotas;
  readonly faults: FaultSource;
  readonly texts: Texts;
  /** `http://127.0.0.1:PORT`, for the addresses in answers. */
  readonly url: () => string;
  /** Resolves when it is one's turn for heavy work. */
  readonly takeTurn: () => Promise<void>;
  /** Ends every wait when the simulator closes. */
  readonly closing: AbortSignal;
}

export async function perform(facebook: Facebook, incoming: Incoming): Promise<Outcome> {
  const { world, calls, meter, quotas, faults, rules, texts } = facebook;
  const target = findTarget(incoming, world);
  const call = calls.open(describeArrival(facebook, incoming, target));
  const pool = poolOf(call);
  const page = call.pageId === undefined ? undefined : world.page(call.pageId);

  const isMetered = call.platform !== undefined;
  const isAdmitted = !isMetered || meter.admit(`${call.pageId} ${call.platform}`, call);
  if (!isAdmitted) calls.violate(call, 'calls-per-second');
  if (quotas.wasToldToWait(pool, page)) calls.violate(call, 'called-while-blocked');

  await world.callArrived(call);
  await facebook.takeTurn();
  // A call that the meter refuses must not use up the fault meant for an answered one.
  const effect = isAdmitted ? faults.take(call) : undefined;
  if (effect?.type === 'throttle') {
    const { percent = 100, blockedMs } = effect;
    quotas.saturate({ pool, percent, blockedMs, ...(call.pageId === undefined ? {} : { pageId: call.pageId }) });
  }
  const reply = toReply(call, () => {
    if (effect?.type === 'error') throw orderedRefusal(effect);
    if (target.kind === 'oauth') return answerExchange(incoming, world);
    const caller = identify(incoming, world, rules);
    if (!isAdmitted) throw throttled(613);
    const refusal = quotas.spend(pool, page, call.units);
    if (refusal !== undefined) throw refusal;
    authorise(caller, target, world);
    const nestedTwist = effect?.type === 'nested' ? effect.twist : undefined;
    const view = { world, rules, root: `${facebook.url()}/${incoming.version}`, token: caller.value, nestedTwist };
    const twist = effect?.type === 'list' ? effect.twist : undefined;
    return answerTarget({ incoming, caller, world, rules, view, texts, twist }, target);
  });

  await waitUntil(call.arrivedMs + delayOf(rules.latency, reply, effect), facebook.closing);
  await facebook.takeTurn();
  const outcome = toOutcome({ now: world.now(), incoming, call, reply, effect, usage: quotas.headers(pool, page) });
  if (isThrottling(reply.error)) quotas.tell(pool, page);
  calls.end(call, {
    status: outcome.how === undefined ? outcome.status : 0,
    code: reply.error?.code,
    items: countItems(reply.body),
    durationMs: performance.now() - call.arrivedMs,
  });
  return outcome;
}

function describeArrival(facebook: Facebook, incoming: Incoming, target: Target): Arrival {
  const { parameters, arrivedMs, method } = incoming;
  const { limit, since, after, fields } = parameters;
  const isNumber = limit !== undefined && /^\d+$/.test(limit);
  return {
    ...describeTarget(target),
    at: facebook.world.now(),
    arrivedMs,
    method,
    limit: isNumber ? Number(limit) : undefined,
    messagesLimit: countNested(fields, facebook.rules),
    since,
    after,
    fields,
    byUser: parameters['user_id'] !== undefined,
  };
}

/** A field list that cannot be read is refused later; for the log it asks for nothing. */
function countNested(fields: string | undefined, rules: Rules): number {
  try {
    return nestedMessages(readFields(fields), { fallback: 25, cap: rules.messagesCap });
  } catch (error) {
    if (error instanceof Refusal) return 0;
    throw error;
  }
}

function poolOf(call: Call): PoolType {
  if (call.platform !== undefined) return call.platform;
  return call.kind === 'page' || call.kind === 'subscribed_apps' ? 'pages' : 'app';
}

function orderedRefusal(effect: Extract<FaultEffect, { type: 'error' }>): Refusal {
  const { code, subcode, status, isTransient, errorType } = effect;
  return new Refusal({
    code,
    subcode,
    status,
    isTransient,
    type: errorType,
    message: effect.message ?? usualMessage(code),
  });
}

function delayOf(latency: Latency, { price }: Reply, effect: FaultEffect | undefined): number {
  const extraMs = effect?.type === 'delay' ? effect.ms : effect?.type === 'error' ? (effect.delayMs ?? 0) : 0;
  const { baseMs, perFullConversationMs, perLightConversationMs } = latency;
  return baseMs + price.full * perFullConversationMs + price.light * perLightConversationMs + extraMs;
}

function isThrottling(error: RefusalBody | undefined): boolean {
  return error !== undefined && (error.code === 4 || error.code >= 80_000);
}

function countItems(body: Json): number | undefined {
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
  return Array.isArray(data) ? data.length : undefined;
}
