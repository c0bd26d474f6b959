/**
 * Cuts one page out of a list that somebody pages through with cursors while it moves. The same rules serve every
 * edge; what the items are is the caller's business.
 */
import { parseCursor, toCursor } from './cursors.ts';
import { deadCursor } from './refusals.ts';
import type { Standing } from './cursors.ts';
import type { ListTwist } from './faults.ts';
import type { Json, JsonObject } from './json.ts';

/** A list in the order it is shown. */
export interface ListSource<T> {
  readonly size: number;
  slice(offset: number, count: number): T[];
  standingOf(item: T): Standing;
  /** Where the item of a cursor stands now, or would stand after it moved; undefined when it is gone. */
  find(standing: Standing): { readonly offset: number; readonly isThere: boolean } | undefined;
}

export interface ListRequest<T> {
  readonly source: ListSource<T>;
  /** The object and edge, e.g. `123/conversations`. */
  readonly owner: string;
  readonly limit: number;
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly twist?: ListTwist | undefined;
  readonly phantomNext?: boolean;
  readonly deadCursorCode: 100 | 2642;
  /** The address of the edge with these cursor parameters added. */
  readonly url: (parameters: Readonly<Record<string, string>>) => string;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  /** Undefined for an empty page. */
  readonly paging: JsonObject | undefined;
}

/** Throws the refusal for a cursor that is not of this list or whose item is gone. */
export function cutPage<T>(request: ListRequest<T>): ListPage<T> {
  const { source, owner, twist } = request;
  const limit = twist === 'short-page' ? Math.max(1, Math.floor(request.limit / 2)) : request.limit;
  const { start, count } = windowOf(request, limit);
  const items = twist === 'empty' ? [] : cutShort(source.slice(start, count), twist);
  const first = items[0];
  const last = items.at(-1);
  if (first === undefined || last === undefined) return { items, paging: undefined };

  const repeated = repeatedCursor(request, start, limit);
  const after = repeated ?? toCursor(owner, source.standingOf(last));
  const before = toCursor(owner, source.standingOf(first));
  const isMore = twist !== 'cut' && start + items.length < source.size;
  const showsNext = isMore || twist === 'phantom-next' || request.phantomNext === true || repeated !== undefined;
  const paging = {
    cursors: { before, after },
    ...(start > 0 ? { previous: request.url({ before }) } : {}),
    ...(showsNext ? { next: request.url({ after }) } : {}),
  };
  return { items: twistItems({ items, source, start, twist }), paging };
}

function cutShort<T>(items: readonly T[], twist: ListTwist | undefined): readonly T[] {
  return twist === 'cut' ? items.slice(0, Math.ceil(items.length / 2)) : items;
}

/** A cursor that leads back to what was shown before. */
function repeatedCursor<T>({ twist, after, owner, source }: ListRequest<T>, start: number, limit: number) {
  if (twist === 'repeated-cursor') return after;
  if (twist !== 'circling-cursors' || after === undefined) return undefined;
  const [before] = start > limit ? source.slice(start - limit - 1, 1) : [];
  return before === undefined ? undefined : toCursor(owner, source.standingOf(before));
}

/** A list answer; an empty one has no paging. */
export function toListJson(data: readonly Json[], paging: JsonObject | undefined): JsonObject {
  return paging === undefined ? { data } : { data, paging };
}

function windowOf<T>(request: ListRequest<T>, limit: number): { start: number; count: number } {
  if (request.after !== undefined) {
    const { offset, isThere } = locate(request, request.after);
    return { start: isThere ? offset + 1 : offset, count: limit };
  }
  if (request.before !== undefined) {
    const { offset } = locate(request, request.before);
    const start = Math.max(0, offset - limit);
    return { start, count: offset - start };
  }
  return { start: 0, count: limit };
}

function locate<T>(request: ListRequest<T>, cursor: string): { offset: number; isThere: boolean } {
  const standing = parseCursor(request.owner, cursor);
  const found = standing && request.source.find(standing);
  if (found === undefined) throw deadCursor(request.deadCursorCode);
  return found;
}

function twistItems<T>(input: {
  items: readonly T[];
  source: ListSource<T>;
  start: number;
  twist: ListTwist | undefined;
}): readonly T[] {
  const { items, source, start, twist } = input;
  if (twist === 'out-of-order') return items.toReversed();
  if (twist === 'duplicates') return [...source.slice(Math.max(0, start - 1), 1), ...items];
  return items;
}
