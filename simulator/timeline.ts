/**
 * Keeps conversations ordered by their last activity, cheaply enough for 50,000 of them to move while somebody
 * pages through. Offsets count from the newest; an item must leave before its `updatedAt` changes.
 */
export interface Dated {
  readonly index: number;
  readonly updatedAt: number;
}

export interface Timeline<T extends Dated> {
  readonly size: number;
  /** The item `offset` places behind the newest. */
  at(offset: number): T | undefined;
  /** Items from `offset` on, newest first. */
  slice(offset: number, count: number): T[];
  /** The offset at which an item with this time and index stands, or would stand. */
  offsetOf(place: Dated): number;
  add(item: T): void;
  /** Faster than many single additions. */
  addAll(items: readonly T[]): void;
  remove(item: T): void;
}

/** Positive when `left` is the more recent one; the index decides between equal times. */
function compare(left: Dated, right: Dated): number {
  return left.updatedAt - right.updatedAt || left.index - right.index;
}

export function createTimeline<T extends Dated>(): Timeline<T> {
  // Oldest first, because nearly everything that happens is appended at the new end.
  const items: T[] = [];

  const rank = (place: Dated): number => {
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = items[middle];
      if (item !== undefined && compare(item, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    get size() {
      return items.length;
    },
    at: (offset) => items[items.length - 1 - offset],
    slice(offset, count) {
      const end = items.length - offset;
      return end <= 0 ? [] : items.slice(Math.max(0, end - count), end).toReversed();
    },
    offsetOf(place) {
      const found = rank(place);
      const item = items[found];
      const isThere = item !== undefined && compare(item, place) === 0;
      return items.length - found - (isThere ? 1 : 0);
    },
    add(item) {
      items.splice(rank(item), 0, item);
    },
    addAll(added) {
      for (const item of added) items.push(item);
      items.sort(compare);
    },
    remove(item) {
      const found = rank(item);
      if (items[found] === item) items.splice(found, 1);
    },
  };
}
