/**
 * Remembers every call the simulator received, for tests that count, and every rule a client broke. A token must
 * never get in here.
 */
import type { Platform } from './model.ts';

export type CallKind =
  | 'me'
  | 'accounts'
  | 'page'
  | 'conversations'
  | 'conversation'
  | 'messages'
  | 'message'
  | 'attachments'
  | 'ids'
  | 'debug_token'
  | 'permissions'
  | 'oauth'
  | 'subscribed_apps'
  | 'unknown';

/** What is known of a call when it arrives. */
export interface Arrival {
  /** Milliseconds of the world's clock. */
  readonly at: number;
  /** Milliseconds of the real monotonic clock. */
  readonly arrivedMs: number;
  readonly method: string;
  readonly kind: CallKind;
  readonly pageId: string | undefined;
  /** The conversation or message asked for. */
  readonly objectId: string | undefined;
  /** Set for calls of the Conversations API, which the meter counts. */
  readonly platform: Platform | undefined;
  /** As sent; undefined when the request named none. */
  readonly limit: number | undefined;
  /** Nested messages per conversation that the answer will hold at most; 0 without messages. */
  readonly messagesLimit: number;
  readonly since: string | undefined;
  readonly after: string | undefined;
  readonly fields: string | undefined;
  /** Whether the request asked for one person's thread. */
  readonly byUser: boolean;
  /** How many calls it counts for: every id of `?ids=` is one. */
  readonly units: number;
}

export interface Call extends Arrival {
  /** Counts from 1 over the life of the simulator. */
  readonly number: number;
  /** HTTP status; 0 when the connection ended without an answer, undefined while it is being answered. */
  readonly status: number | undefined;
  /** The error code in the answer. */
  readonly code: number | undefined;
  /** Items in the answer's list. */
  readonly items: number | undefined;
  readonly durationMs: number | undefined;
}

export interface Ending {
  readonly status: number;
  readonly code: number | undefined;
  readonly items: number | undefined;
  readonly durationMs: number;
}

export interface Violation {
  readonly rule: 'calls-per-second' | 'called-while-blocked';
  readonly callNumber: number;
  readonly at: number;
  readonly pageId: string;
  readonly platform: Platform | undefined;
}

export interface CallCounter {
  readonly calls: number;
  /** Calls by kind; a kind never called is absent. */
  readonly byKind: Readonly<Partial<Record<CallKind, number>>>;
  readonly errors: number;
  readonly violations: number;
}

export interface CallLog {
  /** The newest 100,000 calls, oldest first. */
  readonly all: readonly Call[];
  readonly violations: readonly Violation[];
  readonly total: CallCounter;
  /** Zeros for a Page that was never called. */
  ofPage(pageId: string): CallCounter;
  /** Forgets everything but the numbering. */
  clear(): void;
}

export interface CallRecorder extends CallLog {
  open(arrival: Arrival): Call;
  end(call: Call, ending: Ending): void;
  violate(call: Call, rule: Violation['rule']): void;
}

const MOST_REMEMBERED = 100_000;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Tally {
  calls: number;
  byKind: Partial<Record<CallKind, number>>;
  errors: number;
  violations: number;
}

export function createCallLog(): CallRecorder {
  const newTally = (): Tally => ({ calls: 0, byKind: {}, errors: 0, violations: 0 });
  const all: Writable<Call>[] = [];
  const violations: Violation[] = [];
  const byPage = new Map<string, Tally>();
  let total = newTally();
  let lastNumber = 0;

  const talliesOf = (call: Arrival): Tally[] => {
    if (call.pageId === undefined) return [total];
    const tally = byPage.get(call.pageId) ?? newTally();
    byPage.set(call.pageId, tally);
    return [total, tally];
  };

  return {
    all,
    violations,
    get total() {
      return total;
    },
    ofPage: (pageId) => byPage.get(pageId) ?? newTally(),
    clear() {
      all.length = 0;
      violations.length = 0;
      byPage.clear();
      total = newTally();
    },
    open(arrival) {
      lastNumber += 1;
      const call: Writable<Call> = {
        ...arrival,
        number: lastNumber,
        status: undefined,
        code: undefined,
        items: undefined,
        durationMs: undefined,
      };
      all.push(call);
      // Cut in large steps: shortening an array by one each time would copy it each time.
      if (all.length > MOST_REMEMBERED * 1.1) all.splice(0, all.length - MOST_REMEMBERED);
      for (const tally of talliesOf(call)) {
        tally.calls += 1;
        tally.byKind[call.kind] = (tally.byKind[call.kind] ?? 0) + 1;
      }
      return call;
    },
    end(call, ending) {
      Object.assign(call, ending);
      if (ending.status === 200) return;
      for (const tally of talliesOf(call)) tally.errors += 1;
    },
    violate(call, rule) {
      const { number: callNumber, at, platform } = call;
      violations.push({ rule, callNumber, at, pageId: call.pageId ?? '', platform });
      for (const tally of talliesOf(call)) tally.violations += 1;
    },
  };
}
