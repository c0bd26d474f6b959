/** What the server tells a supervisor about itself. */
import { z } from 'zod';

/** GET /healthz */
export const AliveSchema = z
  .object({ status: z.literal('ok') })
  .readonly()
  .meta({ id: 'Alive', example: { status: 'ok' } });
export type AliveAnswer = z.output<typeof AliveSchema>;

/** GET /readyz while the database and its schema are usable. */
export const ReadySchema = z
  .object({ status: z.literal('ready') })
  .readonly()
  .meta({ id: 'Ready', example: { status: 'ready' } });
export type ReadyAnswer = z.output<typeof ReadySchema>;
