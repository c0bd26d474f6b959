/**
 * Narrow readers for the border: each turns one JSON value into what it should be, or into undefined. They never
 * throw and never guess. Written by hand, not with zod, for the hot path: 100 conversations with 25 messages each
 * take 1.5 ms so, and 4.3 ms as lenient zod schemas before any mapping; many Pages share one thread.
 */
import type { Instant, JsonObject, JsonValue, Participant } from '../core/model.ts';

export type Maybe = JsonValue | undefined;

/** An item that cannot be stored; its message says why. It is reported and left out, the rest of its list goes on. */
export class OddItem extends Error {
  override readonly name = 'OddItem';
}

export function isObject(value: Maybe): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text, or a number as text: old answers carry ids as numbers. */
export function toText(value: Maybe): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** An id: text that is not empty. */
export function toId(value: Maybe): string | undefined {
  return toText(value) || undefined;
}

/** A whole number from zero up, also when it is written as text. */
export function toCount(value: Maybe): number | undefined {
  const count = typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** The entries of Facebook's list form `{"data": […]}`; empty for anything else. */
export function toEntries(value: Maybe): readonly JsonValue[] {
  return isObject(value) && Array.isArray(value['data']) ? value['data'] : [];
}

export function toParticipant(value: Maybe): Participant | undefined {
  if (!isObject(value)) return undefined;
  return {
    id: toId(value['id']),
    name: toText(value['name']),
    username: toText(value['username']),
    email: toText(value['email']),
  };
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(?:Z|([+-])(\d\d):?(\d\d)?)?)?$/iu;
/** Beyond this a bare number is milliseconds: as seconds it would lie in the year 5138. */
const LARGEST_SECONDS = 1e11;

/**
 * Facebook's `2019-04-24T10:38:15+0000`, other ISO 8601 forms (without a zone: UTC), Unix seconds or milliseconds.
 * A date that does not exist is undefined, not the next one that does.
 */
export function toInstant(value: Maybe): Instant | undefined {
  if (typeof value === 'number') return fromUnix(value);
  if (typeof value !== 'string') return undefined;
  const parts = TIME.exec(value);
  if (parts === null) return /^\d{9,13}$/u.test(value) ? fromUnix(Number(value)) : undefined;
  // Groups that are not there count as zero; the pattern leaves nothing but digits in them.
  const group = (index: number) => Number(parts[index] ?? 0);
  const [year, month, day] = [group(1), group(2), group(3)];
  const [hour, minute, second] = [group(4), group(5), group(6)];
  if (year < 1000 || !isDay(year, month, day) || hour > 23 || minute > 59 || second > 60) return undefined;
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const eastMinutes = (parts[8] === '-' ? -1 : 1) * (group(9) * 60 + group(10));
  return Date.UTC(year, month - 1, day, hour, minute - eastMinutes, second, milliseconds);
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && isLeap ? 29 : (DAYS_OF_MONTH[month - 1] ?? 0);
  return day >= 1 && day <= last;
}

function fromUnix(value: number): Instant | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  const at = Math.round(value < LARGEST_SECONDS ? value * 1000 : value);
  return at <= 8.64e15 ? at : undefined;
}
