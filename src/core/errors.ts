/**
 * The error catalogue: every way to fail that a person or program can meet, what it means, what to do about it, and
 * how it leaves through the command line (exit status) and HTTP. docs/errors.md is generated from it. A message says
 * what happened and to which Page or conversation; the advice says what to do. Neither ever holds a token.
 */
import type { PoolScope } from './quota.ts';

export interface ErrorEntry {
  /** One sentence for the documentation. */
  readonly meaning: string;
  /** What the reader should do. */
  readonly advice: string;
  readonly httpStatus: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 500 | 502 | 503;
  /** 1: the work failed. 2: wrong usage or settings. */
  readonly exitStatus: 1 | 2;
  /** Whether trying the same again later can succeed without anybody doing anything. */
  readonly retry: 'later' | 'never';
  readonly logLevel: 'warn' | 'error';
}

export const ERRORS = {
  PAGE_ID_REQUIRED: {
    meaning: 'A request named no Page.',
    advice: 'Send pageId (the uuid) or facebookPageId.',
    httpStatus: 400,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  PAGE_IDS_DISAGREE: {
    meaning: 'pageId and facebookPageId name two different Pages.',
    advice: 'Send one of the two, or two that belong together.',
    httpStatus: 400,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  PAGE_NOT_FOUND: {
    meaning: 'No such Page is connected.',
    advice: 'List the connected Pages with `tidemark pages list` or GET /api/pages, or connect it first.',
    httpStatus: 404,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  CONVERSATION_NOT_FOUND: {
    meaning: 'No such conversation is in the mirror.',
    advice: 'List them with GET /api/conversations; sync the Page if it is new.',
    httpStatus: 404,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  RUN_NOT_FOUND: {
    meaning: 'No such run is recorded.',
    advice: 'List them with `tidemark runs` or GET /api/runs.',
    httpStatus: 404,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  RUN_ENDED: {
    meaning: 'A run that has ended cannot be cancelled.',
    advice: 'Look at its status with `tidemark runs` or GET /api/runs.',
    httpStatus: 409,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  RUN_CANCELLED: {
    meaning: 'The run was cancelled. What it had stored stays, and the next run goes on.',
    advice: 'Start another one when you like.',
    httpStatus: 409,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'warn',
  },
  PAGE_BUSY: {
    meaning: 'Another run is at work on the Page, and the time given was over before it ended.',
    advice: 'Ask again, or give it more time.',
    httpStatus: 409,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'warn',
  },
  ROUTE_NOT_FOUND: {
    meaning: 'The server has no such route.',
    advice: 'See the list of routes in the documentation.',
    httpStatus: 404,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  METHOD_NOT_ALLOWED: {
    meaning: 'The route exists, but not with this HTTP method.',
    advice: 'Use one of the methods that the Allow header names.',
    httpStatus: 405,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  REQUEST_NOT_LOCAL: {
    meaning: 'A server without API keys was asked by another website, or under a name that is not this computer.',
    advice: 'Call it as http://127.0.0.1 or http://localhost, from a program or from a page served by this computer.',
    httpStatus: 403,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  INVALID_JSON: {
    meaning: 'The request body is not JSON.',
    advice: 'Send a JSON object with Content-Type: application/json.',
    httpStatus: 400,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  INVALID_INPUT: {
    meaning: 'A field of the request has a value that is not accepted.',
    advice: 'The message names the field and what it accepts.',
    httpStatus: 400,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  BODY_TOO_LARGE: {
    meaning: 'The request body is larger than the server takes.',
    advice: 'Send less.',
    httpStatus: 413,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  USAGE: {
    meaning: 'The command line was not understood.',
    advice: 'See `tidemark --help`.',
    httpStatus: 400,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'warn',
  },
  INVALID_SETTING: {
    meaning: 'A setting has a value that is not accepted.',
    advice: 'The message names the variable and what it accepts; docs/configuration.md lists them all.',
    httpStatus: 500,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  ENCRYPTION_KEY_MISSING: {
    meaning: 'Tokens can be neither stored nor read, because there is no encryption key.',
    advice: 'Set TIDEMARK_ENCRYPTION_KEY to 32 random bytes in base64 (`openssl rand -base64 32`).',
    httpStatus: 500,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  ENCRYPTION_KEY_WRONG: {
    meaning: 'A stored token was encrypted with another key.',
    advice: 'Restore the key it was encrypted with, or connect the Page again with a fresh token.',
    httpStatus: 500,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  TOKEN_MISSING: {
    meaning: 'The Page is known but has no access token.',
    advice: 'Connect it again with a fresh token.',
    httpStatus: 409,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'error',
  },
  TOKEN_INVALID: {
    meaning: 'The access token that was handed in is not one that Facebook accepts.',
    advice: 'Make a new token and hand it in again.',
    httpStatus: 400,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'warn',
  },
  TOKEN_EXPIRED: {
    meaning: 'Facebook no longer accepts the access token of the Page.',
    advice: 'Connect the Page again with a fresh token; nothing that is mirrored is lost.',
    httpStatus: 502,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'error',
  },
  PERMISSION_MISSING: {
    meaning: 'The access token lacks a permission that this needs.',
    advice: 'Grant pages_messaging, pages_manage_metadata and pages_read_engagement, then connect the Page again.',
    httpStatus: 502,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'error',
  },
  THROTTLED: {
    meaning: 'Facebook asks to call less; the quota is used up for now.',
    advice: 'Wait; the next sync goes on where this one stopped.',
    httpStatus: 503,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'warn',
  },
  GRAPH_ERROR: {
    meaning: 'Facebook refused a call or could not be understood.',
    advice: 'The message quotes Facebook; try again, and report it if it stays.',
    httpStatus: 502,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'error',
  },
  GRAPH_UNREACHABLE: {
    meaning: 'Facebook did not answer.',
    advice: 'Check the network and GRAPH_API_URL; the next sync goes on where this one stopped.',
    httpStatus: 502,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'error',
  },
  LIST_REFUSED: {
    meaning: 'Facebook does not list the conversations of a Page, as it happens to very busy ones.',
    advice: 'Nothing is lost: known conversations are read one by one, and each sync tries the list again.',
    httpStatus: 502,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'warn',
  },
  SYNC_INCOMPLETE: {
    meaning: 'Some conversations of a Page could not be collected.',
    advice: 'The message names them; the next sync tries them again.',
    httpStatus: 502,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'error',
  },
  SHUTTING_DOWN: {
    meaning: 'The process was asked to stop while a sync was running.',
    advice: 'Nothing is lost; the next sync goes on where this one stopped.',
    httpStatus: 503,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'warn',
  },
  LEASE_LOST: {
    meaning: 'Another process has taken over the sync of this Page.',
    advice: 'Nothing to do: what this run wrote is kept, the other one goes on.',
    httpStatus: 409,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'warn',
  },
  DATABASE_UNAVAILABLE: {
    meaning: 'The database cannot be reached.',
    advice: 'Check DATABASE_URL and that the server runs; nothing is lost.',
    httpStatus: 503,
    exitStatus: 1,
    retry: 'later',
    logLevel: 'error',
  },
  DATABASE_UNSUPPORTED: {
    meaning: 'The database server is older than PostgreSQL 15, or lacks something Tidemark needs.',
    advice: 'Use PostgreSQL 15 or newer.',
    httpStatus: 500,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  SCHEMA_NEWER: {
    meaning: 'The database was migrated by a newer version of Tidemark.',
    advice: 'Upgrade Tidemark; it never changes a schema it does not know.',
    httpStatus: 500,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  SCHEMA_MISSING: {
    meaning: 'The database lacks the tables of this version.',
    advice: 'Run `tidemark migrate`.',
    httpStatus: 503,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  MIGRATION_FAILED: {
    meaning: 'A migration could not be applied; the database is as it was before it.',
    advice: 'The message quotes PostgreSQL and names the migration.',
    httpStatus: 500,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'error',
  },
  EMBEDDED_POSTGRES: {
    meaning: 'The PostgreSQL that Tidemark brings along could not be started.',
    advice: 'The message says why; set DATABASE_URL to use a server of your own.',
    httpStatus: 500,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'error',
  },
  PORT_IN_USE: {
    meaning: 'Something else already listens on the wanted port.',
    advice: 'End it, or set PORT to another one.',
    httpStatus: 500,
    exitStatus: 2,
    retry: 'never',
    logLevel: 'error',
  },
  INTERNAL: {
    meaning: 'A fault in Tidemark itself.',
    advice: 'Please report it, with the log lines around it.',
    httpStatus: 500,
    exitStatus: 1,
    retry: 'never',
    logLevel: 'error',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

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
 * `transient` may pass by itself · `too-much-data` never succeeds unchanged, ask for less · `throttled` stop calling
 * this pool · `token` and `permission` stop this Page · `missing` this one object is not shown · `blocked` a policy
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
  /** Whose calls must stop for `retryAfterMs`; undefined when the refusal asks nobody for quiet. */
  readonly quietScope?: PoolScope | undefined;
  /** Facebook's `code` and `error_subcode`, and the HTTP status, where there were any. */
  readonly graphCode?: number | undefined;
  readonly graphSubcode?: number | undefined;
  readonly httpStatus?: number | undefined;
}

/** Facebook refused a call, or did not answer it. */
export class GraphError extends TidemarkError {
  readonly kind: GraphFaultKind;
  readonly quietScope: PoolScope | undefined;
  readonly graphCode: number | undefined;
  readonly graphSubcode: number | undefined;
  readonly httpStatus: number | undefined;

  constructor(code: ErrorCode, message: string, details: GraphErrorDetails) {
    super(code, message, details);
    this.kind = details.kind;
    this.quietScope = details.quietScope;
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
