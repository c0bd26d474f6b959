/** Pages as the API takes and answers them. A token comes in here and nothing here may ever let it out. */
import { z } from '@hono/zod-openapi';
import { PAGE_STATUSES } from '../../core/model.ts';
import { Secret } from '../../lib/secret.ts';
import type { ConnectPagesAnswer, PageAnswer, PageChangedAnswer, PageListAnswer, PageRemovedAnswer } from '../api.ts';
import { Instant, NOT_AN_OBJECT, Text, PlatformSchema } from './fields.ts';

const EXAMPLE_ID = '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b';
const NOT_A_TOKEN = 'must be an access token, as a text';

const shortPage = {
  id: z.uuid().openapi({ description: 'Our own id, `facebook_pages.id`.' }),
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
  .openapi('Channel');

const PageSchema = z
  .object({
    ...shortPage,
    isActive: z.boolean().openapi({ description: 'False while the Page is paused: no schedule syncs it.' }),
    statusDetail: z.string().nullable().openapi({ description: 'What is wrong and what to do, when something is.' }),
    instagramAccountId: z.string().nullable(),
    lastSyncedAt: Instant.nullable().openapi({
      description: 'The instant as of which the mirror is whole: the older one of the channels.',
    }),
    channels: z.array(ChannelSchema).readonly(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .openapi('Page', {
    example: {
      id: EXAMPLE_ID,
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
  }) satisfies z.ZodType<PageAnswer>;

export const PageListSchema = z
  .object({ success: z.literal(true), pages: z.array(PageSchema).readonly() })
  .openapi('PageList') satisfies z.ZodType<PageListAnswer>;

export const ConnectRequestSchema = z
  .object(
    {
      accessToken: z
        .string(NOT_A_TOKEN)
        .trim()
        .min(1, NOT_A_TOKEN)
        .transform((token) => new Secret(token))
        .openapi({ format: 'password', description: 'A user token or a Page token. It never comes back out.' }),
    },
    NOT_AN_OBJECT,
  )
  .openapi('ConnectRequest');

export const ConnectPagesSchema = z
  .object({
    success: z.literal(true),
    pages: z.array(z.object(shortPage)).readonly().openapi({ description: 'The Pages that are connected now.' }),
    refused: z
      .array(z.object({ facebookPageId: z.string().nullable(), name: z.string().nullable(), reason: z.string() }))
      .readonly()
      .openapi({ description: 'Pages that the token shows but cannot message as.' }),
  })
  .openapi('ConnectedPages', {
    example: {
      success: true,
      pages: [{ id: EXAMPLE_ID, facebookPageId: '101234567890123', name: 'Corner Bakery', status: 'connected' }],
      refused: [{ facebookPageId: '109876543210987', name: 'Old Shop', reason: 'The token lacks the MESSAGING task.' }],
    },
  }) satisfies z.ZodType<ConnectPagesAnswer>;

export const PageChangeRequestSchema = z
  .object(
    {
      isActive: z.boolean('must be true or false').openapi({ description: 'False pauses the Page, true resumes it.' }),
    },
    NOT_AN_OBJECT,
  )
  .openapi('PageChangeRequest', { example: { isActive: false } });

export const PageChangedSchema = z
  .object({ success: z.literal(true), page: PageSchema })
  .openapi('PageChanged') satisfies z.ZodType<PageChangedAnswer>;

export const PageRemovedSchema = z
  .object({ success: z.literal(true) })
  .openapi('PageRemoved', { example: { success: true } }) satisfies z.ZodType<PageRemovedAnswer>;

export const PagePathSchema = z.object({
  id: Text.openapi({ description: 'The uuid of the Page.', example: EXAMPLE_ID }),
});
