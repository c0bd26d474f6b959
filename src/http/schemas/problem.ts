/**
 * How failures look in the API's description. Which status a code has comes from the error catalogue, so that the
 * description can't promise another one.
 */
import { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../../core/error-catalogue.ts';
import { ERRORS } from '../../core/error-catalogue.ts';
import type { ProblemAnswer } from '../api.ts';
import { json } from './fields.ts';

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const ProblemSchema = z
  .object({
    success: z.literal(false),
    error: z.string().openapi({ description: 'One sentence for a person.' }),
    code: z.enum(codes).openapi({ description: 'What a program decides by.' }),
  })
  .openapi('Problem', {
    example: { success: false, error: 'No Page 0190 is connected.', code: 'PAGE_NOT_FOUND' },
  }) satisfies z.ZodType<ProblemAnswer>;

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
export const ANYWHERE = ['REQUEST_NOT_LOCAL', 'DATABASE_UNAVAILABLE', 'INTERNAL'] as const;

/** What any route that takes a body may fail with. */
export const BODY_FAULTS = ['INVALID_JSON', 'INVALID_INPUT', 'BODY_TOO_LARGE'] as const;

/** What any route that calls Facebook may fail with. */
export const FACEBOOK_FAULTS = [
  'TOKEN_EXPIRED',
  'PERMISSION_MISSING',
  'GRAPH_ERROR',
  'GRAPH_UNREACHABLE',
  'THROTTLED',
] as const;
