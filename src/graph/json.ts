/**
 * Reads JSON without losing digits: JavaScript rounds whole numbers beyond 2^53, and the ids of Facebook are such
 * numbers. They become strings of their digits; everything else is as `JSON.parse` gives it.
 */
import type { JsonValue } from '../core/model.ts';

/** Finds every number of sixteen digits or more; a chat message that looks like one only costs the slower way. */
const LONG_NUMBER = /[:,[]\s*-?\d{16}/u;

type ReviveWithSource = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepDigits: ReviveWithSource = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/u.test(source)
    ? source
    : value;

/** Throws a SyntaxError when the text is not one JSON value. */
export function parseJson(text: string): JsonValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  // The compiler's library does not know the third argument of a reviver yet.
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
}
