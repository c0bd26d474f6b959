/** Verifies as the API takes and answers them. */
import { z } from '@hono/zod-openapi';
import type { FindingAnswer, VerifyAnswer } from '../api.ts';
import { Count, Duration, DurationMs, Instant, NOT_AN_OBJECT, optional, pageRef } from './fields.ts';

const EXAMPLE_PAGE_ID = '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b';

export const VerifyRequestSchema = z
  .object(
    {
      ...pageRef,
      repair: optional(z.boolean('must be true or false')).openapi({
        description: 'Collect what differs, and mark what is gone as deleted. Default: false, only report.',
      }),
      maxDurationMs: DurationMs.openapi({
        description: 'Stop after this long and answer `partial`; the next one goes on from there. Default: no bound.',
      }),
    },
    NOT_AN_OBJECT,
  )
  .openapi('VerifyRequest', { example: { pageId: EXAMPLE_PAGE_ID, repair: true } });

const FindingSchema = z
  .object({
    conversationId: z.string(),
    contactName: z.string().nullable(),
    updatedTime: Instant.nullable().openapi({ description: 'When it last changed.' }),
    missedBySync: z.boolean().openapi({ description: 'A sync has missed it.' }),
    repaired: z.boolean(),
  })
  .openapi('Finding') satisfies z.ZodType<FindingAnswer>;

const Findings = z.array(FindingSchema).readonly();

export const VerifySchema = z
  .object({
    success: z.literal(true),
    runId: z.string().openapi({ description: 'The last run of it; it takes several when syncs come in between.' }),
    pageId: z.uuid(),
    facebookPageId: z.string(),
    pageName: z.string().nullable(),
    missing: Findings.openapi({ description: 'Listed by Facebook, lacking in the mirror. A thousand at most.' }),
    stale: Findings.openapi({ description: 'Older in the mirror than at Facebook. A thousand at most.' }),
    deleted: Findings.openapi({ description: 'Gone at Facebook, proved one by one. A thousand at most.' }),
    repaired: Count.openapi({ description: 'How many of all these have been repaired.' }),
    counts: z
      .object({ missing: Count, stale: Count, deleted: Count, missedBySync: Count })
      .openapi({ description: 'How many there are of each, beyond the thousand too.' }),
    inconclusive: z.string().nullable().openapi({
      description: 'Why some that Facebook did not list are not called deleted; null when all is known.',
    }),
    complete: z.boolean().openapi({
      description: 'Whether it came to its end. When not, the next one with the same `repair` goes on from there.',
    }),
    total: Count.openapi({ description: 'Conversations compared.' }),
    status: z.enum(['succeeded', 'partial']).openapi({
      description: '`partial`: not all was compared, decided or repaired.',
    }),
    graphCalls: Count,
    durationMs: Count,
    duration: Duration,
    message: z.string(),
  })
  .openapi('Verify', {
    example: {
      success: true,
      runId: '0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b',
      pageId: EXAMPLE_PAGE_ID,
      facebookPageId: '101234567890123',
      pageName: 'Corner Bakery',
      missing: [
        {
          conversationId: 't_10161234567890123',
          contactName: 'Ada Winter',
          updatedTime: '2026-03-01T09:29:41.000Z',
          missedBySync: false,
          repaired: true,
        },
      ],
      stale: [],
      deleted: [],
      repaired: 1,
      counts: { missing: 1, stale: 0, deleted: 0, missedBySync: 0 },
      inconclusive: null,
      complete: true,
      total: 1_000,
      status: 'succeeded',
      graphCalls: 12,
      durationMs: 5_950,
      duration: '5.95s',
      message: '1000 conversations compared: 1 missing, 0 stale, 0 deleted, 1 repaired; no sync has missed any',
    },
  }) satisfies z.ZodType<VerifyAnswer>;
