/**
 * The errors of the Graph API, in their recorded shapes. Code that cannot answer throws one of these; the text of a
 * refusal must never contain a token.
 */
import type { DeadSubcode } from './tokens.ts';

export type ErrorType = 'OAuthException' | 'GraphMethodException' | 'IGApiException';

export interface RefusalBody {
  readonly message: string;
  readonly code: number;
  /** HTTP status; default: what the code is usually served with. */
  readonly status?: number | undefined;
  readonly type?: ErrorType | undefined;
  readonly subcode?: number | undefined;
  readonly isTransient?: boolean | undefined;
}

export class Refusal extends Error {
  readonly body: RefusalBody;

  constructor(body: RefusalBody) {
    super(body.message);
    this.name = 'Refusal';
    this.body = body;
  }
}

/** The body of the answer, without `fbtrace_id`. */
export function toErrorJson(body: RefusalBody): Record<string, string | number | boolean> {
  return {
    message: body.message,
    type: body.type ?? 'OAuthException',
    code: body.code,
    ...(body.subcode === undefined ? {} : { error_subcode: body.subcode }),
    ...(body.isTransient === undefined ? {} : { is_transient: body.isTransient }),
  };
}

/** The HTTP status Facebook uses for a code: server's fault 500, application limit and permissions 403, else 400. */
export function statusOf(body: RefusalBody): number {
  if (body.status !== undefined) return body.status;
  if (body.code === 1 || body.code === 2) return 500;
  return body.code === 4 || (body.code >= 200 && body.code < 300) ? 403 : 400;
}

const DEATHS: Readonly<Record<DeadSubcode, string>> = {
  458: 'The user has not authorized the application.',
  459: 'The user is enrolled in a blocking, logged-in checkpoint.',
  460: 'The session has been invalidated because the user changed their password or for security reasons.',
  463: 'Session has expired.',
  464: 'Sessions for the user are not allowed because the user is not a confirmed user.',
  467: 'The session is invalid because the user logged out.',
  492: 'The session is invalid.',
};

export function deadToken(subcode: DeadSubcode): Refusal {
  return new Refusal({ code: 190, subcode, message: `Error validating access token: ${DEATHS[subcode]}` });
}

export function unreadableToken(): Refusal {
  return new Refusal({ code: 190, message: 'Invalid OAuth access token - Cannot parse access token' });
}

export function noToken(): Refusal {
  const message = 'An active access token must be used to query information about the current user.';
  return new Refusal({ code: 2500, message });
}

export function badProof(): Refusal {
  const message = 'Invalid appsecret_proof provided in the API argument';
  return new Refusal({ code: 100, type: 'GraphMethodException', message });
}

export function missingProof(): Refusal {
  const message = 'API calls from the server require an appsecret_proof argument';
  return new Refusal({ code: 100, type: 'GraphMethodException', message });
}

export function missingObject(id: string, method = 'get'): Refusal {
  return new Refusal({
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
    message:
      `Unsupported ${method} request. Object with ID '${id}' does not exist, cannot be loaded due to missing ` +
      'permissions, or does not support this operation. Please read the Graph API documentation at ' +
      'https://developers.facebook.com/docs/graph-api',
  });
}

export function unknownPath(rest: string): Refusal {
  return new Refusal({ code: 2500, message: `Unknown path components: /${rest}` });
}

export function syntaxError(message: string, at: number, text: string): Refusal {
  return new Refusal({ code: 2500, message: `Syntax error "${message}" at character ${at}: ${text}` });
}

export function unknownField(field: string, nodeType: string): Refusal {
  const message = `(#100) Tried accessing nonexisting field (${field}) on node type (${nodeType})`;
  return new Refusal({ code: 100, message });
}

export function mayNotInspect(): Refusal {
  return invalidParameter(
    'You must provide an app access token, or a user access token that is an owner or developer of the app',
  );
}

export function invalidParameter(message: string): Refusal {
  return new Refusal({ code: 100, message: `(#100) ${message}` });
}

export function deadCursor(code: 100 | 2642): Refusal {
  return new Refusal({ code, message: `(#${code}) Invalid cursors values` });
}

export function needsPageToken(): Refusal {
  return new Refusal({ code: 210, message: '(#210) A page access token is required to request this resource.' });
}

export function needsMessagingTask(): Refusal {
  const message = '(#200) The person behind this token lacks the MESSAGING task on this Page.';
  return new Refusal({ code: 200, message });
}

export function needsMessagingPermission(): Refusal {
  return new Refusal({ code: 230, message: '(#230) Requires pages_messaging permission to manage the object' });
}

export function needsPermission(code: 10 | 100 | 200, scope: string): Refusal {
  const lead =
    code === 100
      ? 'Object does not exist, cannot be loaded due to missing permission or reviewable feature, or does not support ' +
        'this operation. '
      : '';
  return new Refusal({ code, message: `(#${code}) ${lead}This endpoint requires the '${scope}' permission.` });
}

export function noInstagramAccount(pageId: string): Refusal {
  const message = `(#100) Page ${pageId} has no Instagram professional account linked to it.`;
  return new Refusal({ code: 100, message });
}

export function tooMuchData(): Refusal {
  return new Refusal({
    code: 1,
    message: "Please reduce the amount of data you're asking for, then retry your request",
  });
}

export function unreadableMessage(): Refusal {
  return new Refusal({ code: 100, message: '(#100) This message has been deleted.' });
}

export function temporarilyUnavailable(): Refusal {
  const message = 'An unexpected error has occurred. Please retry your request later.';
  return new Refusal({ code: 2, isTransient: true, message });
}

const THROTTLES: Readonly<Record<number, string>> = {
  4: 'Application request limit reached',
  17: 'User request limit reached',
  32: 'Page request limit reached',
  341: 'Application limit reached',
  368: 'The action attempted has been deemed abusive or is otherwise disallowed',
  613: 'Calls to this api have exceeded the rate limit.',
  80001: 'There have been too many calls to this Page account. Wait a bit and try again.',
  80002: 'There have been too many calls to this Instagram account. Wait a bit and try again.',
  80006: 'There have been too many messenger api calls to this Page account. Wait a bit and try again.',
};

const KNOWN: Readonly<Record<number, string>> = {
  ...THROTTLES,
  1: 'An unknown error occurred',
  2: 'An unexpected error has occurred. Please retry your request later.',
  3: 'Application does not have the capability to make this API call.',
  10: 'Application does not have permission for this action',
  100: 'Invalid parameter',
  102: 'Session key invalid or no longer valid',
  104: 'Incorrect signature',
  190: 'Error validating access token',
  200: 'Permissions error',
  230: 'Permissions disallow message to user',
  2500: 'Error parsing graph query',
};

/** The usual text of a code, with Facebook's `(#code)` in front where it writes one. */
export function usualMessage(code: number): string {
  const text = KNOWN[code] ?? 'An error occurred';
  return code <= 2 || code === 190 || code === 2500 ? text : `(#${code}) ${text}`;
}

export function throttled(code: number): Refusal {
  return new Refusal({ code, message: usualMessage(code) });
}
