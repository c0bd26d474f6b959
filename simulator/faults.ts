/**
 * Trouble on order: which call meets which fault, how often. Tests place faults by hand; the hostile profile draws
 * them from the seed. What a fault does to the answer is decided where answers are made and sent.
 */
import { createRandom } from './random.ts';
import type { Call, CallKind } from './calls.ts';
import type { Platform } from './model.ts';
import type { ErrorType } from './refusals.ts';

/** What happens to the list in an answer. The hostile profile draws `phantom-next`, `short-page` and `duplicates`. */
export type ListTwist =
  /** The cursor for the next page is the one just used. No effect on a first page. */
  | 'repeated-cursor'
  /** The cursor for the next page is the one before the one just used: A → B → A. No effect on the first two pages. */
  | 'circling-cursors'
  /** The page comes oldest first. */
  | 'out-of-order'
  /** `next` is there although nothing is left. */
  | 'phantom-next'
  /** Fewer items than asked for, and more to come. */
  | 'short-page'
  /** Fewer items than there are, and nothing says that more are to come. */
  | 'cut'
  /** Nothing, as if nothing were there. */
  | 'empty'
  /** An item is shown twice: on a later page the last one of the page before, on a first page its own first. */
  | 'duplicates';

export type FaultEffect =
  | {
      readonly type: 'error';
      readonly code: number;
      readonly subcode?: number;
      /** Default: what the code is usually served with. */
      readonly status?: number;
      /** Default: the usual text of the code. */
      readonly message?: string;
      readonly isTransient?: boolean;
      readonly errorType?: ErrorType;
      readonly delayMs?: number;
      /** Nothing but code and message in the body, as often seen. */
      readonly bare?: boolean;
    }
  /** The connection is reset before an answer. */
  | { readonly type: 'reset' }
  /** No answer until the client gives up. */
  | { readonly type: 'hang' }
  /** Half of the body, then the connection ends. */
  | { readonly type: 'truncated' }
  /** Half of the body with a matching length, so that only the JSON is broken. */
  | { readonly type: 'half-json' }
  | { readonly type: 'html'; /** Default 502. */ readonly status?: number }
  /** No body at all. */
  | { readonly type: 'empty'; /** Default 200. */ readonly status?: number }
  | { readonly type: 'body'; readonly status: number; readonly body: string }
  | { readonly type: 'delay'; readonly ms: number }
  /** A pool fills up, and this call is the first to feel it. */
  | { readonly type: 'throttle'; readonly blockedMs: number; readonly percent?: number }
  | { readonly type: 'list'; readonly twist: ListTwist }
  /** Of the messages that come along with conversations. */
  | { readonly type: 'nested'; readonly twist: ListTwist };

export interface FaultMatch {
  readonly pageId?: string;
  readonly kind?: CallKind;
  readonly platform?: Platform;
  readonly method?: string;
  /** The conversation or message asked for. */
  readonly objectId?: string;
  /** Whether messages are asked for along with conversations. */
  readonly nested?: boolean;
  /** Lets this many matching calls through first; default 0. */
  readonly after?: number;
}

export interface Fault {
  /** Default: every call. */
  readonly match?: FaultMatch;
  /** How many matching calls meet it; default 1. */
  readonly times?: number | 'always';
  readonly effect: FaultEffect;
}

export interface Faults {
  /** Orders a fault. Of several that match one call, the one ordered first happens. */
  add(fault: Fault): { readonly met: () => number; readonly remove: () => void };
  clear(): void;
}

export interface FaultSource extends Faults {
  /** The fault this call meets. */
  take(call: Call): FaultEffect | undefined;
}

interface Order extends Fault {
  toSkip: number;
  left: number;
  met: number;
}

/** `share` says how often a call meets a random fault, asked anew for each call. */
export function createFaults(input: { readonly seed: number; readonly share: () => number }): FaultSource {
  let orders: Order[] = [];
  return {
    add(fault) {
      const left = fault.times === 'always' ? Infinity : (fault.times ?? 1);
      const order: Order = { ...fault, toSkip: fault.match?.after ?? 0, left, met: 0 };
      orders.push(order);
      return {
        met: () => order.met,
        remove() {
          orders = orders.filter((other) => other !== order);
        },
      };
    },
    clear() {
      orders = [];
    },
    take(call) {
      for (const order of orders) {
        if (order.left === 0 || !matches(order.match ?? {}, call)) continue;
        if (order.toSkip > 0) {
          order.toSkip -= 1;
          continue;
        }
        order.left -= 1;
        order.met += 1;
        return order.effect;
      }
      return drawFault(input.seed, input.share(), call);
    },
  };
}

function matches(match: FaultMatch, call: Call): boolean {
  return (
    (match.pageId === undefined || match.pageId === call.pageId) &&
    (match.kind === undefined || match.kind === call.kind) &&
    (match.platform === undefined || match.platform === call.platform) &&
    (match.method === undefined || match.method === call.method) &&
    (match.objectId === undefined || match.objectId === call.objectId) &&
    (match.nested === undefined || match.nested === call.messagesLimit > 0)
  );
}

/** The mix of the hostile profile; one listed twice is twice as likely. */
const RANDOM_FAULTS: readonly FaultEffect[] = [
  { type: 'error', code: 1, status: 500 },
  { type: 'error', code: 1, status: 500, bare: true },
  { type: 'error', code: 2, isTransient: true, delayMs: 300 },
  { type: 'reset' },
  { type: 'reset' },
  { type: 'truncated' },
  { type: 'half-json' },
  { type: 'html' },
  { type: 'empty' },
  { type: 'error', code: 613 },
  { type: 'throttle', blockedMs: 1500 },
  { type: 'delay', ms: 400 },
  { type: 'list', twist: 'duplicates' },
  { type: 'list', twist: 'duplicates' },
  { type: 'list', twist: 'phantom-next' },
  { type: 'list', twist: 'phantom-next' },
  { type: 'list', twist: 'short-page' },
  { type: 'list', twist: 'short-page' },
];

function drawFault(seed: number, share: number, call: Call): FaultEffect | undefined {
  if (share === 0) return undefined;
  const random = createRandom(seed, 'fault', call.number);
  return random.chance(share) ? random.pick(RANDOM_FAULTS) : undefined;
}
