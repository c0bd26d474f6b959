/**
 * The one place where an error becomes an HTTP answer. Status, log level and code come from the error catalogue. What
 * nobody foresaw is told to the log only: its text may hold anything.
 */
import type { Context } from 'hono';
import type { ProblemAnswer } from '../api/problem.ts';
import type { ErrorEntry } from '../core/error-catalogue.ts';
import { ERRORS } from '../core/error-catalogue.ts';
import { isTidemarkError, TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { HttpLog } from './log.ts';

/** What a client is asked to wait when nobody knows how long the trouble lasts. */
const DEFAULT_RETRY_AFTER_MS = 10_000;

const INTERNAL_SENTENCE = 'Something went wrong inside Tidemark; its log says what.';

export interface Problem {
  readonly status: ErrorEntry['httpStatus'];
  readonly headers: Record<string, string>;
  readonly body: ProblemAnswer;
}

/** Any thrown value as the answer to a request. `status` overrules the catalogue's. */
export function toProblem(thrown: unknown, status?: Problem['status']): Problem {
  const error = toTidemarkError(thrown);
  const answered = status ?? error.entry.httpStatus;
  return {
    status: answered,
    headers: answered === 503 ? { 'Retry-After': String(retryAfterSeconds(error)) } : {},
    body: { success: false, error: sentence(error), code: error.code },
  };
}

function sentence(error: TidemarkError): string {
  return error.code === 'INTERNAL' ? INTERNAL_SENTENCE : error.message;
}

function retryAfterSeconds(error: TidemarkError): number {
  return Math.max(1, Math.ceil((error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1000));
}

/** Answers what a handler threw, and logs it at the catalogue's level. */
export function answerProblem(log: HttpLog): (thrown: unknown, c: Context) => Response {
  return (thrown, c) => {
    const { status, headers, body } = toProblem(thrown);
    const { method, path } = c.req;
    const fields = { method, path, status, code: body.code };
    const { logLevel } = ERRORS[body.code];
    // The stack is of use only where the fault is not the caller's.
    log[logLevel](
      logLevel === 'error' ? { ...fields, err: thrown } : fields,
      isTidemarkError(thrown) ? thrown.message : `Unexpected fault in ${method} ${path}`,
    );
    return c.json(body, status, headers);
  };
}

/** Answers a request to a route that does not exist. */
export function answerUnknownRoute(c: Context): Response {
  const { status, body } = toProblem(
    new TidemarkError('ROUTE_NOT_FOUND', `There is no ${c.req.path} here; GET /api/openapi.json lists the routes.`),
  );
  return c.json(body, status);
}

/** Answers a request to a route that exists with other methods. */
export function answerWrongMethod(c: Context, allowed: readonly string[]): Response {
  const allow = allowed.join(', ');
  const { status, body } = toProblem(
    new TidemarkError('METHOD_NOT_ALLOWED', `${c.req.path} does not take ${c.req.method}; it takes ${allow}.`),
  );
  return c.json(body, status, { Allow: allow });
}
