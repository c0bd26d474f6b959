/**
 * How long Facebook takes to answer, and what no client can beat under it. The bounds are computed: they know the
 * answer times and the meter, and assume a client that knows beforehand how long the list is and loses no time itself.
 */
import type { Latency } from '../simulator/options.ts';

export interface Terms {
  readonly latency: Latency;
  /** Calls that a Page may receive in any window of one second. */
  readonly callsPerSecond: number;
  /** The most conversations that one list brings. */
  readonly listCap: number;
}

/** As measured at Facebook: 100 conversations with messages take 1.7 s, 100 without 0.44 s. */
export const SEED_TERMS: Terms = {
  latency: { baseMs: 400, perFullConversationMs: 13, perLightConversationMs: 0.4 },
  callsPerSecond: 2,
  listCap: 100,
};

/**
 * The shortest time in which so many conversations can be brought with their messages, for a first sync. A list is
 * reached through its cursors: `looks` light lists in a row, then lists with messages, one behind the other. The more
 * looks, the shorter that chain and the later the last call may leave; the best number of looks is tried out.
 */
export function firstSyncBoundSeconds(conversations: number, terms: Terms): number {
  const pages = Math.ceil(conversations / terms.listCap);
  const tries = Array.from({ length: pages }, (_, looks) =>
    Math.max(chainMs(conversations, looks, terms), meteredMs(conversations, looks, terms)),
  );
  return Math.min(...tries) / 1000;
}

/** The shortest time for a sync that finds so much new: one look that reaches what is known, one list of what is new. */
export function incrementalBoundSeconds(fresh: number, { latency }: Terms): number {
  const lookMs = latency.baseMs + (fresh + 1) * latency.perLightConversationMs;
  const bringMs = fresh === 0 ? 0 : latency.baseMs + fresh * latency.perFullConversationMs;
  return (lookMs + bringMs) / 1000;
}

/** The way to the end of the list, were there no meter. */
function chainMs(conversations: number, looks: number, { latency, listCap }: Terms): number {
  const lookMs = latency.baseMs + listCap * latency.perLightConversationMs;
  const rest = conversations - looks * listCap;
  return looks * lookMs + Math.ceil(rest / listCap) * latency.baseMs + rest * latency.perFullConversationMs;
}

/** The end of the last call, were there no cursors: calls leave as the meter lets them, the looks before the rest. */
function meteredMs(conversations: number, looks: number, terms: Terms): number {
  const { callsPerSecond, listCap, latency } = terms;
  const departureMs = (call: number) => Math.floor(call / callsPerSecond) * 1000;
  const brought = (endMs: number) => {
    let sum = 0;
    for (let call = looks; call < looks + conversations && departureMs(call) + latency.baseMs < endMs; call += 1) {
      const roomMs = endMs - departureMs(call) - latency.baseMs;
      sum += Math.min(listCap, Math.floor(roomMs / latency.perFullConversationMs));
    }
    return sum;
  };
  let endMs = latency.baseMs;
  while (brought(endMs) < conversations) endMs += 1;
  return endMs;
}
