/**
 * Lets first looks at the lists of several Pages travel in one HTTP request. Each stays a call of its own, which is
 * admitted, counted, refused and tried again by itself: no Page's trouble may become another's (I8).
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { must } from '../lib/must.ts';
import { type AskTogether, MOST_PARTS } from './batch.ts';
import type { Ask, GraphRequest, HttpAnswer } from './call.ts';

export interface SharedListsParts {
  readonly askAlone: Ask;
  readonly askTogether: AskTogether;
  readonly clock: Clock;
  /** For one request. */
  readonly timeoutMs: number;
}

/** How long the first one waits for others: next to nothing of what Facebook takes for a list. */
const GATHER_MS = 15;
/** Everybody in a batch waits for its slowest part. Whoever needs longer than this must not keep others waiting again. */
const QUICK_MS = 3000;
/** After this the parts are better asked for one by one. */
const LONGEST_WAIT_MS = 10_000;

interface Traveller {
  readonly request: GraphRequest;
  readonly departed: () => void;
  readonly resolve: (answer: HttpAnswer | Promise<HttpAnswer>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who still want an answer, by Page: two calls of a Page are never in one batch. */
interface Group {
  readonly travellers: Map<string, Traveller>;
  /** Aborted when nobody is left. */
  readonly deserted: AbortController;
}

export function withSharedLists({ askAlone, askTogether, clock, timeoutMs }: SharedListsParts): Ask {
  /** Pages that travel alone, because the last answer was slow, a refusal or none. A quick and good one ends that. */
  const apart = new Set<string>();
  let gathering: Group | undefined;

  /** Runs before a call as well, without an answer: whatever goes wrong then needs no other note. */
  function note(pageId: string, answer?: HttpAnswer, startedAt = 0): void {
    const isWell = answer !== undefined && answer.status < 400 && clock.now() - startedAt <= QUICK_MS;
    if (isWell) apart.delete(pageId);
    else apart.add(pageId);
  }

  const travelAlone: Ask = async (request, departed) => {
    const pageId = toPageId(request);
    const startedAt = clock.now();
    note(pageId);
    const answer = await askAlone(request, departed);
    note(pageId, answer, startedAt);
    return answer;
  };

  async function travelTogether(travellers: readonly Traveller[], signal: AbortSignal): Promise<void> {
    const startedAt = clock.now();
    const departed = () => {
      for (const traveller of travellers) traveller.departed();
    };
    for (const { request } of travellers) note(toPageId(request));
    try {
      const requests = travellers.map(({ request }) => request);
      const answers = await askTogether(requests, {
        departed,
        signal,
        timeoutMs: Math.min(LONGEST_WAIT_MS, timeoutMs),
      });
      for (const [index, { request, resolve, reject }] of travellers.entries()) {
        const answer = answers[index];
        note(toPageId(request), answer, startedAt);
        if (answer === undefined) reject(passingFault(`Facebook did not get to ${request.subject} in a batch.`));
        else resolve(answer);
      }
    } catch (error) {
      for (const { request, reject } of travellers) reject(toOwnTrouble(error, request));
    }
  }

  function leave(group: Group): void {
    gathering = undefined;
    const travellers = [...group.travellers.values()];
    const [first] = travellers;
    if (travellers.length > 1) void travelTogether(travellers, group.deserted.signal);
    else first?.resolve(travelAlone(first.request, first.departed));
  }

  function openGroup(): Group {
    const group: Group = { travellers: new Map(), deserted: new AbortController() };
    void clock.sleep(GATHER_MS).then(() => {
      if (gathering === group) leave(group);
    });
    return group;
  }

  async function join(request: GraphRequest, departed: () => void): Promise<HttpAnswer> {
    const { signal } = request;
    signal?.throwIfAborted();
    gathering ??= openGroup();
    const group = gathering;
    const pageId = toPageId(request);
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const abandon = () => {
      reject(signal?.reason);
      group.travellers.delete(pageId);
      if (group.travellers.size > 0) return;
      if (gathering === group) gathering = undefined;
      group.deserted.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abandon, { once: true });
    group.travellers.set(pageId, { request, departed, resolve, reject });
    if (group.travellers.size === MOST_PARTS) leave(group);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  return (request, departed) => {
    if (!request.mayShare) return askAlone(request, departed);
    const pageId = toPageId(request);
    const isAlone = apart.has(pageId) || gathering?.travellers.has(pageId);
    return isAlone ? travelAlone(request, departed) : join(request, departed);
  };
}

function toPageId({ path }: GraphRequest): string {
  return must(path[0], 'the path begins with the Page');
}

/** What a failed batch means for one part: nothing, ask again, unless the whole app is to keep quiet. */
function toOwnTrouble(error: unknown, { subject }: GraphRequest): unknown {
  if (!isGraphError(error) || error.quietScope === 'app') return error;
  return passingFault(`Facebook was asked for ${subject} in a batch that failed. ${error.message}`, error);
}

function passingFault(message: string, cause?: GraphError): GraphError {
  const retryAfterMs = cause?.kind === 'transient' ? cause.retryAfterMs : undefined;
  const wish = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new GraphError(cause?.code ?? 'GRAPH_ERROR', message, { kind: 'transient', cause, ...wish });
}
