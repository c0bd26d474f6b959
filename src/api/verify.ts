/** Verifies as they are asked for and answered, of one Page and of many. */
import { z } from 'zod';
import type { PageRef } from '../core/model.ts';
import type { CallerOptions, ManyPagesOptions } from './caller.ts';
import {
  Count,
  Duration,
  DurationMs,
  EXAMPLE_PAGE_ID,
  EXAMPLE_RUN_ID,
  Instant,
  onlyPlatform,
  optional,
  pageRef,
  PlatformSchema,
  WhenSchema,
  whichPage,
  YesOrNo,
} from './fields.ts';
import { request } from './request.ts';

const how = {
  platform: onlyPlatform,
  repair: optional(YesOrNo).meta({
    description: 'Collect what differs, and mark what is gone as deleted. Default: false, only report.',
  }),
  deep: optional(YesOrNo).meta({
    description:
      'Read every message again, down to the floor of each conversation: finds edits, reactions and unsent messages ' +
      'that no count shows. Costs about as many calls as a first sync, and stores what it reads, as with `repair`. ' +
      'Default: false.',
  }),
  since: optional(WhenSchema).meta({
    description:
      'With `deep`: read again only what was written since, in the conversations that have changed since. Default: all.',
    example: '2026-03-01T00:00:00Z',
  }),
  maxDurationMs: DurationMs.meta({
    description: 'Stop after this long and answer `partial`; the next one goes on from there. Default: no bound.',
  }),
};

export const VerifyRequestSchema = request({ ...pageRef, ...how }).meta({
  id: 'VerifyRequest',
  example: { pageId: EXAMPLE_PAGE_ID, repair: true },
});
type VerifyOptions = Readonly<z.output<typeof VerifyRequestSchema>>;
export interface VerifyRequest extends VerifyOptions, CallerOptions {}
export interface VerifyAllRequest extends Omit<VerifyOptions, keyof typeof pageRef>, ManyPagesOptions {}

const EXAMPLE_FINDING = {
  conversationId: 't_10161234567890123',
  contactName: 'Ada Winter',
  updatedTime: '2026-03-01T09:29:41.000Z',
  missedBySync: false,
  repaired: true,
};

export const FindingSchema = z
  .object({
    conversationId: z.string(),
    contactName: z.string().nullable(),
    updatedTime: Instant.nullable().meta({ description: 'When it last changed.' }),
    missedBySync: z.boolean().meta({
      description: 'It changed before the instant as of which the mirror was said to be whole: a sync has missed it.',
    }),
    repaired: z.boolean(),
  })
  .readonly()
  .meta({ id: 'Finding', example: EXAMPLE_FINDING });
export type FindingAnswer = z.output<typeof FindingSchema>;

const Findings = z.array(FindingSchema).readonly();

const counts = z.object({ missing: Count, stale: Count, deleted: Count, missedBySync: Count }).readonly().meta({
  description:
    'How many there are of each, beyond the thousand too. `missedBySync`: of the missing and stale ones, those that a sync has missed; anything but 0 is a fault of this program.',
});

const ChannelVerifySchema = z
  .object({
    platform: PlatformSchema,
    runId: z.string().optional().meta({ description: 'Not known of a channel that failed.' }),
    counts,
    repaired: Count,
    complete: z.boolean(),
    total: Count,
    status: z.enum(['succeeded', 'partial', 'failed']),
    graphCalls: Count,
    durationMs: Count,
    error: z.string().optional(),
    code: z.string().optional(),
  })
  .readonly()
  .meta({ id: 'ChannelVerify' });
export type ChannelVerifyAnswer = z.output<typeof ChannelVerifySchema>;

export const VerifySchema = z
  .object({
    success: z.literal(true),
    runId: z.string().meta({ description: 'The last run of it; it takes several when syncs come in between.' }),
    ...whichPage,
    missing: Findings.meta({ description: 'Listed by Facebook, lacking in the mirror. A thousand at most.' }),
    stale: Findings.meta({ description: 'Older in the mirror than at Facebook. A thousand at most.' }),
    deleted: Findings.meta({ description: 'Gone at Facebook, proved one by one. A thousand at most.' }),
    repaired: Count.meta({ description: 'How many of all these have been repaired.' }),
    counts,
    inconclusive: z.string().nullable().meta({
      description: 'Why some that Facebook did not list are not called deleted; null when all is known.',
    }),
    complete: z.boolean().meta({
      description: 'Whether it came to its end. When not, the next one with the same `repair` goes on from there.',
    }),
    total: Count.meta({ description: 'Conversations compared.' }),
    status: z.enum(['succeeded', 'partial']).meta({
      description: '`partial`: not all was compared, decided or repaired.',
    }),
    graphCalls: Count,
    durationMs: Count,
    duration: Duration,
    message: z.string(),
    code: z.string().optional().meta({ description: 'Why it is partial, when a channel failed.' }),
    reason: z.string().optional().meta({ description: 'The same in a sentence.' }),
    channels: z.array(ChannelVerifySchema).readonly().meta({
      description: 'What came of each channel of the Page; the other fields are of all of them together.',
    }),
  })
  .readonly()
  .meta({
    id: 'Verify',
    example: {
      success: true,
      runId: EXAMPLE_RUN_ID,
      pageId: EXAMPLE_PAGE_ID,
      facebookPageId: '101234567890123',
      pageName: 'Corner Bakery',
      missing: [EXAMPLE_FINDING],
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
      channels: [
        {
          platform: 'messenger',
          runId: EXAMPLE_RUN_ID,
          counts: { missing: 1, stale: 0, deleted: 0, missedBySync: 0 },
          repaired: 1,
          complete: true,
          total: 1_000,
          status: 'succeeded',
          graphCalls: 12,
          durationMs: 5_950,
        },
      ],
    },
  });
/** POST /api/conversations/verify */
export type VerifyAnswer = z.output<typeof VerifySchema>;

const VerifyFailureSchema = z
  .object({ success: z.literal(false), ...whichPage, error: z.string(), code: z.string() })
  .readonly();
export type VerifyFailure = z.output<typeof VerifyFailureSchema>;

export const VerifyAllSchema = z
  .object({
    success: z.boolean().meta({ description: 'Whether every Page could be verified, not that nothing differs.' }),
    totalPages: Count,
    results: z.array(z.discriminatedUnion('success', [VerifySchema, VerifyFailureSchema])).readonly(),
    message: z.string(),
  })
  .readonly();
export type VerifyAllAnswer = z.output<typeof VerifyAllSchema>;

/** What would be verified deeply. */
export interface DeepEstimateRequest {
  /** Default: all active ones. */
  readonly pages?: readonly PageRef[];
  /** Only what was written since. Default: all. */
  readonly since?: string | undefined;
}

/** What a deep verify reads, and what that costs. Pages are verified side by side, so it takes as long as the longest. */
export interface DeepEstimate {
  readonly conversations: number;
  readonly messages: number;
  readonly graphCalls: number;
  readonly durationMs: number;
}
