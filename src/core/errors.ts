/**
 * Errors as they are thrown, each with its code of the catalogue. A message says what happened and to which Page or
 * conversation; the catalogue's advice says what to do. Neither ever holds a token.
 */
import { type ErrorCode, type ErrorEntry, ERRORS } from './error-catalogue.ts';
import { NO_USAGE, type QuotaScope, type Usage } from './limits/quota-usage.ts';

export interface ErrorDetails {
  readonly cause?: unknown;
  /** How long to wait before trying again, when it is known. */
  readonly retryAfterMs?: number;
}

export class TidemarkError extends Error {
  override readonly name = 'TidemarkError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }
}

export function isTidemarkError(error: unknown): error is TidemarkError {
  return error instanceof TidemarkError;
}

/** An error as it was recorded, e.g. with a run; a code that this version does not know becomes INTERNAL. */
export function toRecordedError(code: string | undefined, message: string): TidemarkError {
  return new TidemarkError(code !== undefined && code in ERRORS ? (code as ErrorCode) : 'INTERNAL', message);
}

/** Any thrown value as a TidemarkError; what nobody foresaw becomes INTERNAL and keeps its cause. */
export function toTidemarkError(error: unknown): TidemarkError {
  if (isTidemarkError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TidemarkError('INTERNAL', `Unexpected fault: ${message}`, { cause: error });
}

/**
 * What a refusal by Facebook means for whoever made the call:
 * `transient` may pass by itself · `too-much-data` never succeeds unchanged, ask for less · `throttled` no calls on
 * this quota · `token` and `permission` stop this Page · `missing` this one object is not shown · `blocked` a policy
 * block, stop for long · `invalid` a fault of the request or the app's settings.
 */
export type GraphFaultKind =
  | 'transient'
  | 'too-much-data'
  | 'throttled'
  | 'token'
  | 'permission'
  | 'missing'
  | 'blocked'
  | 'invalid';

export interface GraphErrorDetails extends ErrorDetails {
  readonly kind: GraphFaultKind;
  /** Whose calls must stop for `retryAfterMs`; undefined when the refusal asks for no cooldown. */
  readonly cooldownScope?: QuotaScope | undefined;
  /** What the answer tells of the quotas. Default: nothing. */
  readonly usage?: Usage | undefined;
  /** Facebook's `code` and `error_subcode`, and the HTTP status, where there were any. */
  readonly graphCode?: number | undefined;
  readonly graphSubcode?: number | undefined;
  readonly httpStatus?: number | undefined;
}

/** Facebook refused a call, or did not answer it. */
export class GraphError extends TidemarkError {
  readonly kind: GraphFaultKind;
  readonly cooldownScope: QuotaScope | undefined;
  readonly usage: Usage;
  readonly graphCode: number | undefined;
  readonly graphSubcode: number | undefined;
  readonly httpStatus: number | undefined;

  constructor(code: ErrorCode, message: string, details: GraphErrorDetails) {
    super(code, message, details);
    this.kind = details.kind;
    this.cooldownScope = details.cooldownScope;
    this.usage = details.usage ?? NO_USAGE;
    this.graphCode = details.graphCode;
    this.graphSubcode = details.graphSubcode;
    this.httpStatus = details.httpStatus;
  }
}

export function isGraphError(error: unknown, kind?: GraphFaultKind): error is GraphError {
  return error instanceof GraphError && (kind === undefined || error.kind === kind);
}

/** Facebook was there and refused; it is not the network that failed, nor the token, nor a quota. */
export function isRefusal(error: unknown, kind?: GraphFaultKind): error is GraphError {
  return isGraphError(error, kind) && error.code === 'GRAPH_ERROR';
}

/** Codes of faults of Facebook itself, which may go away when less is asked for, also where it calls them lasting. */
const OWN_FAULTS: ReadonlySet<number | undefined> = new Set([-3, 1, 2]);

/** A refusal that speaks of Facebook's own trouble, not of what was asked for. */
export function isOwnFault(error: unknown): error is GraphError {
  return isRefusal(error, 'transient') || (isRefusal(error, 'invalid') && OWN_FAULTS.has(error.graphCode));
}

/** A refusal of the one object that was asked for, an answer about it that takes too long included; not of the Page. */
export function concernsOneObject(error: unknown): error is GraphError {
  return isRefusal(error) || isGraphError(error, 'permission') || isGraphError(error, 'too-much-data');
}

/** The database refuses what was to be stored. Of a batch, that speaks of one row of it, until it was divided. */
export function isDataRefused(error: unknown): error is TidemarkError {
  return isTidemarkError(error) && error.code === 'DATA_REFUSED';
}
