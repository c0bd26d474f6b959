/** What every failed request answers. */
import { z } from 'zod';
import { type ErrorCode, ERRORS } from '../core/error-catalogue.ts';

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

const problem = {
  success: z.literal(false),
  error: z.string().meta({ description: 'One sentence for a person.' }),
  code: z.enum(codes).meta({ description: 'What a program decides by.' }),
};

/** Comes with the status that goes with the code. */
export const ProblemSchema = z
  .object(problem)
  .readonly()
  .meta({
    id: 'Problem',
    example: { success: false, error: 'No Page 0190 is connected.', code: 'PAGE_NOT_FOUND' },
  });
export type ProblemAnswer = z.output<typeof ProblemSchema>;

/** GET /readyz with status 503. */
export const NotReadySchema = z
  .object({ status: z.literal('unavailable'), ...problem })
  .readonly()
  .meta({
    id: 'NotReady',
    example: {
      status: 'unavailable',
      success: false,
      error: 'The database at 127.0.0.1:5432 does not answer.',
      code: 'DATABASE_UNAVAILABLE',
    },
  });
export type NotReadyAnswer = z.output<typeof NotReadySchema>;
