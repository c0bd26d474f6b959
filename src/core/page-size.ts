/**
 * How many items of a list to ask for. What Facebook could not answer is never asked for again unchanged: this is the
 * one place that decides how much less it is.
 */
import { isGraphError, isOwnFault } from './errors.ts';

export interface PageSize {
  /** The most to ask for now. */
  readonly limit: number;
  /** Learns from a failed call for `asked` items: true when fewer are worth asking for. */
  shrink(asked: number, error: unknown): boolean;
  /** Learns from an answer to a call for `asked` items. */
  grow(asked: number): void;
}

export interface PageSizeOptions {
  readonly limit: number;
  /** What a fault of Facebook's own that did not pass leaves of the size: it may be an answer that it cannot make. Default: the call fails. */
  readonly onFault?: 'half' | 'tenth' | undefined;
  /** Whether the size doubles with each answer, up to what was never too big. Default: false. */
  readonly growsBack?: boolean;
}

export function createPageSize({ limit: first, onFault, growsBack = false }: PageSizeOptions): PageSize {
  let limit = first;
  let largest = first;
  return {
    get limit() {
      return limit;
    },
    shrink(asked, error) {
      const isTooBig = isGraphError(error, 'too-much-data');
      const onThisFault = isOwnFault(error) ? onFault : undefined;
      const smaller = isTooBig ? smallerLimit(asked, error) : onThisFault && partOf(asked, onThisFault);
      if (smaller === undefined) return false;
      if (isTooBig) largest = Math.min(largest, Math.max(1, Math.floor(asked / 2)));
      limit = Math.min(limit, smaller);
      return true;
    },
    grow(asked) {
      if (growsBack) limit = Math.min(largest, Math.max(limit, 2 * asked));
    },
  };
}

/** Fewer than `limit`, when the answer was too big or took too long; undefined when fewer would not help, or none are left. */
function smallerLimit(limit: number, error: unknown): number | undefined {
  if (!isGraphError(error, 'too-much-data')) return undefined;
  // A minute of silence is a long time to search by halves.
  return partOf(limit, error.code === 'GRAPH_ERROR' ? 'half' : 'tenth');
}

function partOf(limit: number, part: 'half' | 'tenth'): number | undefined {
  return limit > 1 ? Math.max(1, Math.floor(limit / (part === 'half' ? 2 : 10))) : undefined;
}
