/**
 * The words of one call to the Graph API: what is asked, what comes back, what is told about it. Behaviours such as
 * retries wrap the one function type `Send`; nothing here does anything.
 */
import type { GraphFaultKind } from '../core/errors.ts';
import type { Instant, JsonObject, JsonValue } from '../core/model.ts';
import type { CallGate } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import type { Usage } from './usage.ts';

export type GraphParams = Readonly<Record<string, string | number | undefined>>;

export interface GraphRequest {
  /** Path segments after the version, unescaped: `['1001', 'conversations']`. */
  readonly path: readonly string[];
  /** Query parameters; undefined ones are left out. The token is never one of them. */
  readonly params: GraphParams;
  /** What is asked for, as messages name it: `the conversations of Page 1001`. */
  readonly subject: string;
  readonly token: Secret;
  /** Admission; entered before every attempt, told of usage, and parked when Facebook asks for quiet. */
  readonly gate: CallGate;
  /** Passes other calls that wait at the gate. Default: false. */
  readonly goesFirst?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every attempt when it has ended, however it ended. */
  readonly onCall?: ((report: CallReport) => void) | undefined;
}

export interface GraphAnswer {
  /** The parsed body. Whole numbers beyond the safe integers are strings of their digits; the token is blotted out. */
  readonly body: JsonObject | readonly JsonValue[];
  /** The host's own clock (`Date` header), to the second. */
  readonly servedAt: Instant | undefined;
  readonly usage: Usage;
}

/** One attempt, which is one call of the budget. */
export interface CallReport {
  readonly subject: string;
  readonly startedAt: Instant;
  readonly durationMs: number;
  /** Undefined when no answer came. */
  readonly httpStatus: number | undefined;
  readonly outcome: 'answered' | 'aborted' | GraphFaultKind;
  /** Facebook's error code, when it refused with one. */
  readonly graphCode: number | undefined;
  readonly usage: Usage;
}

/** An answer as it came, of whatever status. */
export interface HttpAnswer {
  readonly status: number;
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/**
 * Carries one request to Facebook and its answer back; `departed` is called when it leaves. Rejects with a GraphError
 * when no answer came, or with the reason of the aborted signal.
 */
export type Ask = (request: GraphRequest, departed: () => void) => Promise<HttpAnswer>;

export type Send = (request: GraphRequest) => Promise<GraphAnswer>;

export interface GraphClient {
  /**
   * Reads from the Graph API. Passing faults are tried again, each attempt a call of the gate. Rejects with a
   * GraphError, with what the gate rejects with, or with the reason of the aborted signal.
   */
  get(request: GraphRequest): Promise<GraphAnswer>;
  /** Waits for calls under way, then closes the connections. */
  close(): Promise<void>;
}
