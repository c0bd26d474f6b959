/** What the server tells a supervisor about itself. */
import { z } from '@hono/zod-openapi';
import type { AliveAnswer, NotReadyAnswer, ReadyAnswer } from '../api.ts';
import { ProblemSchema } from './problem.ts';

export const AliveSchema = z
  .object({ status: z.literal('ok') })
  .openapi('Alive', { example: { status: 'ok' } }) satisfies z.ZodType<AliveAnswer>;

export const ReadySchema = z
  .object({ status: z.literal('ready') })
  .openapi('Ready', { example: { status: 'ready' } }) satisfies z.ZodType<ReadyAnswer>;

export const NotReadySchema = z
  .object({ status: z.literal('unavailable'), ...ProblemSchema.shape })
  .openapi('NotReady', {
    example: {
      status: 'unavailable',
      success: false,
      error: 'The database at 127.0.0.1:5432 does not answer.',
      code: 'DATABASE_UNAVAILABLE',
    },
  }) satisfies z.ZodType<NotReadyAnswer>;
