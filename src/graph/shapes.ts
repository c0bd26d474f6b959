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

/** Text with something to see in it: an empty name says no more than none. */
export function toName(value: Maybe): string | undefined {
  const text = toText(value);
  return text !== undefined && VISIBLE.test(text) ? text : undefined;
}

const VISIBLE = /[^\s\p{C}\p{Z}]/u;

/** An id: text that is not blank. */
export function toId(value: Maybe): string | undefined {
  return toName(value);
}

/** Longer ids fit in no index of the mirror. Facebook's own have up to 200 characters. */
const MOST_ID_BYTES = 1000;

/** The id of what is to be stored under it; throws an OddItem where there is none that can be. */
export function requireId(value: Maybe): string {
  const id = toId(value);
  if (id === undefined) throw new OddItem('it has no id');
  const bytes = Buffer.byteLength(id);
  if (bytes > MOST_ID_BYTES)
    throw new OddItem(`its id has ${bytes} bytes, more than the ${MOST_ID_BYTES} that are taken`);
  return id;
}

/** Names of the lists in an object that Facebook goes on with elsewhere, so that what is there may not be all. */
function findCutLists(value: JsonObject, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const list = value[name];
    const paging = isObject(list) ? list['paging'] : undefined;
    if (!isObject(paging) || typeof paging['next'] !== 'string' || paging['next'] === '') return false;
    // A list of one comes with a `next` behind which there is nothing: this has been recorded.
    const { cursors } = paging;
    const isOne = isObject(cursors) && cursors['before'] !== undefined && cursors['before'] === cursors['after'];
    return !(isOne && toEntries(list).length === 1);
  });
}

/** The same object; with a note where lists of it may go on. */
export function noteCutLists(value: JsonObject, names: readonly string[]): JsonObject {
  const incomplete = findCutLists(value, names);
  return incomplete.length === 0 ? value : { ...value, _tidemark: { incomplete } };
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
    name: toName(value['name']),
    username: toName(value['username']),
    email: toName(value['email']),
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
