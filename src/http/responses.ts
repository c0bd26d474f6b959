/**
 * Answers of a route as its description names them. Which status a failure has comes from the error catalogue, so that
 * the description can't promise another one.
 */
import type { z } from 'zod';
import { ProblemSchema } from '../api/problem.ts';
import { type ErrorCode, ERRORS } from '../core/error-catalogue.ts';

/** The body of a request or an answer, as JSON. */
export function json<S extends z.ZodType>(schema: S) {
  return { 'application/json': { schema } };
}

interface ProblemResponse {
  readonly description: string;
  readonly content: ReturnType<typeof json<typeof ProblemSchema>>;
}

/** The failures of a route, as OpenAPI responses; codes that share a status share a response. */
export function problems<C extends ErrorCode>(
  ...expected: readonly C[]
): { [Status in (typeof ERRORS)[C]['httpStatus']]: ProblemResponse } {
  const lines = Map.groupBy(expected, (code) => ERRORS[code].httpStatus);
  const responses = [...lines].map(([status, found]) => [
    status,
    { description: found.map((code) => `${code}: ${ERRORS[code].meaning}`).join(' '), content: json(ProblemSchema) },
  ]);
  return Object.fromEntries(responses);
}

/** What any route may fail with. */
export const ANYWHERE = ['INVALID_INPUT', 'REQUEST_NOT_LOCAL', 'DATABASE_UNAVAILABLE', 'INTERNAL'] as const;

/** What any route that takes a body may fail with. */
export const BODY_FAULTS = ['INVALID_JSON', 'BODY_TOO_LARGE'] as const;

/** What any route that calls Facebook may fail with. */
export const FACEBOOK_FAULTS = [
  'TOKEN_EXPIRED',
  'PERMISSION_MISSING',
  'GRAPH_ERROR',
  'GRAPH_UNREACHABLE',
  'THROTTLED',
] as const;
