/**
 * The words of one call to the Graph API: what is asked, what comes back, who asks. Behaviours such as retries wrap the
 * one function type `Send`; nothing here does anything.
 */
import type { CallKind, CallReport } from '../core/events.ts';
import type { Priority } from '../core/limits/priority-queue.ts';
import type { Usage } from '../core/limits/quota-usage.ts';
import type { Instant, JsonObject, JsonValue } from '../core/model.ts';
import type { CallLimits } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';

export type GraphParams = Readonly<Record<string, string | number | undefined>>;

/** Which part of a list is asked for. */
export interface ListPart {
  readonly limit: number;
  /** Cursor of the part before; undefined at the head. */
  readonly after: string | undefined;
}

export interface GraphRequest {
  readonly kind: CallKind;
  /** Path segments after the version, unescaped: `['1001', 'conversations']`. */
  readonly path: readonly string[];
  /** Query parameters but those of `list`; undefined ones are left out. The caller's token is never one of them. */
  readonly params: GraphParams;
  readonly list?: ListPart | undefined;
  /** Secrets among the parameters, where Facebook takes them nowhere else. Default: none. */
  readonly secrets?: readonly Secret[] | undefined;
  /** What is asked for, as messages name it: `the conversations of Page 1001`. */
  readonly subject: string;
  /** Default: normal. */
  readonly priority?: Priority | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GraphResponse {
  /** The parsed body. Whole numbers beyond the safe integers are strings of their digits; the token is blotted out. */
  readonly body: JsonObject | readonly JsonValue[];
  /** The host's own clock (`Date` header), to the second. */
  readonly servedAt: Instant | undefined;
  readonly usage: Usage;
  /** Of the one call that was answered, from sending to the last byte. */
  readonly durationMs: number;
}

/** Asks Facebook. Rejects with a GraphError, with what the limits reject with, or with the aborted signal's reason. */
export type Send = (request: GraphRequest) => Promise<GraphResponse>;

/** A request whose turn has come. */
export interface AdmittedRequest extends GraphRequest {
  /** Called when it leaves for Facebook. */
  readonly onSent: () => void;
  /** How long it waited for its turn. */
  readonly waitedMs: number;
}

/** One attempt, which is one call of the limits. */
export type SendOnce = (request: AdmittedRequest) => Promise<GraphResponse>;

/** An answer as it came, of whatever status. */
export interface HttpAnswer {
  readonly status: number;
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** The quotas that calls draw on, among those of business use cases that an answer may tell of. */
export interface OwnQuotas {
  /** Ids of the Page and of its Instagram account, as far as they are known. */
  readonly objectIds: ReadonlySet<string>;
  /** e.g. `messenger`. */
  readonly useCases: readonly string[];
}

/** On whose behalf calls are made. */
export interface Caller {
  readonly token: Secret;
  readonly limits: CallLimits;
  /** Default: none. What an answer tells of the quotas of others concerns these calls in no way. */
  readonly ownQuotas?: OwnQuotas | undefined;
  /** Told of every call when it has ended, however it ended. */
  readonly onCall?: ((call: CallReport) => void) | undefined;
}

export interface GraphClient {
  /** A way to ask Facebook with one token. Passing faults are tried again, each attempt a call of the limits. */
  open(caller: Caller): Send;
  /** Waits for calls under way, then closes the connections. */
  close(): Promise<void>;
}
