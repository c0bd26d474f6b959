/**
 * The kinds of values that requests and answers are made of. A request's kind carries the words for a value it does
 * not take, which go after the field's name: "… must be true or false".
 */
import { z } from 'zod';
import { type JsonValue, PLATFORMS } from '../core/model.ts';

export const EXAMPLE_PAGE_ID = '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b';
export const EXAMPLE_RUN_ID = '0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b';

const NOT_A_DURATION = 'must be a whole number of milliseconds above 0';
/** Longer ones no timer can count; it would go off at once. */
const MOST_MS = 2 ** 31 - 1;
const TOO_LONG = `must be at most ${MOST_MS} milliseconds, which are 24 days`;
const NOT_A_LIMIT = 'must be a whole number from 1 to 200';

/** Text of a request. PostgreSQL holds no NUL, so nothing with one in it can be found there. */
export const Text = z.string('must be a text').refine((value) => !value.includes('\0'), 'must hold no NUL');

/** Text of a body that may be left out; programs also say so with `null` or `""`. */
const OptionalText = Text.nullish()
  .transform((value) => (value === null || value === '' ? undefined : value))
  .optional();

/** A query parameter that may be left out; forms also say so with nothing after the `=`. */
export const QueryText = Text.optional()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

/** A field that may be left out; programs also say so with `null`. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

export const YesOrNo = z.boolean('must be true or false');

export const Limit = z.coerce
  .number(NOT_A_LIMIT)
  .int(NOT_A_LIMIT)
  .min(1, NOT_A_LIMIT)
  .max(200, NOT_A_LIMIT)
  .optional()
  .meta({ description: 'How many to answer at most.', default: 50 });

/** The two ids of a Page in a body, of which one is enough. */
export const pageRef = {
  pageId: OptionalText.meta({ description: 'The uuid of the Page. One of the two ids is enough.' }),
  facebookPageId: OptionalText.meta({ description: "Facebook's own id of the Page." }),
};

/** The same two ids where they only narrow down: `only` says what of. */
export function pageFilter(only: string, text: typeof OptionalText | typeof QueryText = OptionalText) {
  return {
    pageId: text.meta({ description: `Only ${only} of this Page (uuid).` }),
    facebookPageId: text.meta({ description: `Only ${only} of the Page with this id at Facebook.` }),
  };
}

export const PlatformSchema = z.enum(PLATFORMS, `must be ${PLATFORMS.join(' or ')}`);

/** One channel of a Page in a body; without it, all of them. */
export const onlyPlatform = optional(PlatformSchema).meta({
  description: 'Only this channel of the Page. Default: all that it has, each on its own budget.',
});

/** How long something may take, in a body and in a query; it may be left out. */
export const DurationMs = optional(
  z.number(NOT_A_DURATION).int(NOT_A_DURATION).positive(NOT_A_DURATION).max(MOST_MS, TOO_LONG),
);
export const QueryDurationMs = z.coerce
  .number(NOT_A_DURATION)
  .int(NOT_A_DURATION)
  .positive(NOT_A_DURATION)
  .max(MOST_MS, TOO_LONG)
  .optional();

/** How long something took, beside the same in milliseconds. */
export const Duration = z.string().meta({ description: 'The same for people.' });

/** ISO 8601 in UTC. */
export const Instant = z.iso.datetime().meta({ example: '2026-03-01T09:30:00.000Z' });

/** An instant of a request. */
export const WhenSchema = z.iso.datetime('must be an instant in UTC, such as 2026-03-01T09:30:00Z');

export const Count = z.int().nonnegative();

/** The Page that an answer, or a part of one, is about. */
export const whichPage = { pageId: z.uuid(), facebookPageId: z.string(), pageName: z.string().nullable() };

/** A list as Facebook gave it; what its items hold is Facebook's choice. */
export const FacebookList = z.custom<JsonValue>((value) => Array.isArray(value)).meta({ type: 'array', items: {} });
