/** Values of ours as PostgreSQL reads them. */
import type { Instant } from '../core/model.ts';
import { toStorableText } from './text.ts';

const FIRST_AT = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_AT = Date.parse('9999-12-31T23:59:59.999Z');

/** An instant as PostgreSQL reads it; none for one outside the years 1 to 9999, which must not sink a batch. */
export function toIso(at: Instant | undefined): string | undefined {
  return at !== undefined && at >= FIRST_AT && at <= LAST_AT ? new Date(at).toISOString() : undefined;
}

export function toText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toStorableText(text);
}
