/**
 * The kinds of values that requests and answers are made of. A request's kind carries the words for a value it does
 * not take, which go after the field's name: "… must be true or false".
 */
import { z } from '@hono/zod-openapi';
import { type JsonValue, PLATFORMS } from '../../core/model.ts';

export const NOT_AN_OBJECT = 'must be a JSON object';
export const NOT_A_DURATION = 'must be a whole number of milliseconds above 0';
const NOT_A_LIMIT = 'must be a whole number from 1 to 200';

/** Text of a request. PostgreSQL holds no NUL, so nothing with one in it can be found there. */
export const Text = z.string('must be a text').refine((value) => !value.includes('\0'), 'must hold no NUL');

/** Text of a body that may be left out; programs also say so with `null` or `""`. */
export const OptionalText = Text.nullish().transform((value) => (value === null || value === '' ? undefined : value));

/** A query parameter that may be left out; forms also say so with nothing after the `=`. */
export const QueryText = Text.optional().transform((value) => (value === '' ? undefined : value));

/** A field that may be left out; programs also say so with `null`. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? undefined);
}

export const Limit = z.coerce
  .number(NOT_A_LIMIT)
  .int(NOT_A_LIMIT)
  .min(1, NOT_A_LIMIT)
  .max(200, NOT_A_LIMIT)
  .optional()
  .openapi({ description: 'How many to answer at most.', default: 50 });

/** The two ids of a Page in a body, of which one is enough. */
export const pageRef = {
  pageId: OptionalText.openapi({ description: 'The uuid of the Page. One of the two ids is enough.' }),
  facebookPageId: OptionalText.openapi({ description: "Facebook's own id of the Page." }),
};

export const PlatformSchema = z.enum(PLATFORMS, 'must be messenger or instagram');

/** One channel of a Page in a body; without it, all of them. */
export const platform = optional(PlatformSchema).openapi({
  description: 'Only this channel of the Page. Default: all that it has, each on its own budget.',
});

/** How long something may take, in a body; it may be left out. */
export const DurationMs = optional(z.number(NOT_A_DURATION).int(NOT_A_DURATION).positive(NOT_A_DURATION));

/** How long something took, beside the same in milliseconds. */
export const Duration = z.string().openapi({ description: 'The same for people.' });

/** ISO 8601 in UTC. */
export const Instant = z.iso.datetime().openapi({ example: '2026-03-01T09:30:00.000Z' });

export const Count = z.int().nonnegative();

/** A list as Facebook gave it; what its items hold is Facebook's choice. */
export const FacebookList = z.custom<JsonValue>((value) => Array.isArray(value)).openapi({ type: 'array', items: {} });

/** The body of a request or an answer, as JSON. */
export function json<S extends z.ZodType>(schema: S) {
  return { 'application/json': { schema } };
}
