/** The fetching of older messages, as it is asked for and answered. */
import { z } from 'zod';
import type { Platform } from '../core/model.ts';
import type { ManyPagesOptions } from './caller.ts';
import { Count, whichPage } from './fields.ts';

/** Without `pages`: every active Page that has older messages to fetch. */
export interface HistoryRequest extends ManyPagesOptions {
  /** Only this channel of each Page. Default: all. */
  readonly platform?: Platform | undefined;
  /** Stop between calls after this long. Default: no bound. */
  readonly maxDurationMs?: number | undefined;
}

const HistoryRowSchema = z
  .object({
    ...whichPage,
    status: z.enum(['succeeded', 'partial', 'busy', 'failed']).meta({
      description:
        '`busy`: a sync is at work on the Page, or another process, or the time was over before its turn; ask again.',
    }),
    eventsCreated: Count,
    graphCalls: Count,
    error: z.string().optional(),
    code: z.string().optional(),
  })
  .readonly();
export type HistoryRow = z.output<typeof HistoryRowSchema>;

export const HistorySchema = z
  .object({
    results: z.array(HistoryRowSchema).readonly().meta({ description: 'Pages that had older messages to fetch.' }),
    totalEvents: Count,
    totalCalls: Count,
  })
  .readonly();
export type HistoryAnswer = z.output<typeof HistorySchema>;
