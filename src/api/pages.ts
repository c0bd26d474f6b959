/** Pages as they are asked for and answered. A token comes in here and nothing here may ever let it out. */
import { z } from 'zod';
import { PAGE_STATUSES } from '../core/model.ts';
import { Secret } from '../lib/secret.ts';
import { EXAMPLE_PAGE_ID, Instant, PlatformSchema, Text, YesOrNo } from './fields.ts';
import { request } from './request.ts';

const NOT_A_TOKEN = 'must be an access token, as a text';

const shortPage = {
  id: z.uuid().meta({ description: 'Our own id, `facebook_pages.id`.' }),
  facebookPageId: z.string(),
  name: z.string().nullable(),
  status: z.enum(PAGE_STATUSES),
};

const ChannelSchema = z
  .object({
    platform: PlatformSchema,
    status: z.enum(PAGE_STATUSES).exclude(['paused']),
    statusDetail: z.string().nullable(),
    lastSyncedAt: Instant.nullable(),
  })
  .readonly()
  .meta({ id: 'Channel' });

export const PageSchema = z
  .object({
    ...shortPage,
    isActive: z.boolean().meta({ description: 'False while the Page is paused: no schedule syncs it.' }),
    statusDetail: z.string().nullable().meta({ description: 'What is wrong and what to do, when something is.' }),
    instagramAccountId: z.string().nullable(),
    lastSyncedAt: Instant.nullable().meta({
      description: 'The instant as of which the mirror is whole: the older one of the channels.',
    }),
    channels: z.array(ChannelSchema).readonly(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .readonly()
  .meta({
    id: 'Page',
    example: {
      id: EXAMPLE_PAGE_ID,
      facebookPageId: '101234567890123',
      name: 'Corner Bakery',
      status: 'connected',
      isActive: true,
      statusDetail: null,
      instagramAccountId: null,
      lastSyncedAt: '2026-03-01T09:30:00.000Z',
      channels: [
        {
          platform: 'messenger',
          status: 'connected',
          statusDetail: null,
          lastSyncedAt: '2026-03-01T09:30:00.000Z',
        },
      ],
      createdAt: '2026-02-01T08:00:00.000Z',
      updatedAt: '2026-03-01T09:30:02.000Z',
    },
  });
export type PageAnswer = z.output<typeof PageSchema>;

/** GET /api/pages */
export const PageListSchema = z
  .object({ success: z.literal(true), pages: z.array(PageSchema).readonly() })
  .readonly()
  .meta({ id: 'PageList' });
export type PageListAnswer = z.output<typeof PageListSchema>;

export const ConnectRequestSchema = request({
  accessToken: z
    .string(NOT_A_TOKEN)
    .trim()
    .min(1, NOT_A_TOKEN)
    .transform((token) => new Secret(token))
    .meta({ format: 'password', description: 'A user token or a Page token. It never comes back out.' }),
}).meta({ id: 'ConnectRequest' });

const ConnectedPageSchema = z.object(shortPage).readonly();
export type ConnectedPage = z.output<typeof ConnectedPageSchema>;

const RefusedPageSchema = z
  .object({ facebookPageId: z.string().nullable(), name: z.string().nullable(), reason: z.string() })
  .readonly();
export type RefusedPage = z.output<typeof RefusedPageSchema>;

/** How much of a Page is mirrored. */
export interface HoldingsAnswer {
  readonly conversations: number;
  readonly messages: number;
}

/** What became of the Pages that a token shows. */
export interface ConnectAnswer {
  readonly connected: readonly ConnectedPage[];
  /** Pages that it cannot message as, each with the reason. */
  readonly refused: readonly RefusedPage[];
  /** What to know although the Pages are connected, such as Instagram accounts that could not be read. */
  readonly warnings?: readonly string[];
  /** That the token lived only shortly and was exchanged for one that lasts. */
  readonly exchanged?: true;
}

/** POST /api/pages */
export const ConnectPagesSchema = z
  .object({
    success: z.literal(true),
    pages: z.array(ConnectedPageSchema).readonly().meta({ description: 'The Pages that are connected now.' }),
    refused: z
      .array(RefusedPageSchema)
      .readonly()
      .meta({ description: 'Pages that the token shows but cannot message as.' }),
    warnings: z
      .array(z.string())
      .readonly()
      .optional()
      .meta({ description: 'What to know although the Pages are connected. Absent when there is nothing.' }),
    exchanged: z.literal(true).optional().meta({
      description: 'The token lived only shortly and was exchanged for one that lasts. Absent when it was not.',
    }),
  })
  .readonly()
  .meta({
    id: 'ConnectedPages',
    example: {
      success: true,
      pages: [{ id: EXAMPLE_PAGE_ID, facebookPageId: '101234567890123', name: 'Corner Bakery', status: 'connected' }],
      refused: [{ facebookPageId: '109876543210987', name: 'Old Shop', reason: 'The token lacks the MESSAGING task.' }],
    },
  });
export type ConnectPagesAnswer = z.output<typeof ConnectPagesSchema>;

export const PageChangeRequestSchema = request({
  isActive: YesOrNo.meta({ description: 'False pauses the Page, true resumes it.' }),
}).meta({ id: 'PageChangeRequest', example: { isActive: false } });

/** PATCH /api/pages/:id */
export const PageChangedSchema = z
  .object({ success: z.literal(true), page: PageSchema })
  .readonly()
  .meta({ id: 'PageChanged' });
export type PageChangedAnswer = z.output<typeof PageChangedSchema>;

/** DELETE /api/pages/:id */
export const PageRemovedSchema = z
  .object({ success: z.literal(true) })
  .readonly()
  .meta({ id: 'PageRemoved', example: { success: true } });
export type PageRemovedAnswer = z.output<typeof PageRemovedSchema>;

export const PagePathSchema = z.object({
  id: Text.meta({ description: 'The uuid of the Page.', example: EXAMPLE_PAGE_ID }),
});
