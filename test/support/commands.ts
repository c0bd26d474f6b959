/**
 * Everything that may happen to a Page and its mirror, as plain data that prints itself in a failure, and how it is
 * drawn. Threads and messages are named by a number, taken modulo what there is.
 */
import fc from 'fast-check';
import type { CallKind } from '../../simulator/calls.ts';
import type { FaultEffect } from '../../simulator/faults.ts';

/** What happens in the world; also in the middle of a run. */
export type Happening =
  | { readonly what: 'messages'; readonly thread: number; readonly count: number; readonly gapMs: number }
  | { readonly what: 'spread'; readonly thread: number; readonly threads: number; readonly gapMs: number }
  | { readonly what: 'threads'; readonly count: number }
  | { readonly what: 'delete-message'; readonly thread: number; readonly message: number }
  | { readonly what: 'delete-thread'; readonly thread: number }
  | { readonly what: 'restore-thread'; readonly thread: number }
  | { readonly what: 'edit'; readonly thread: number; readonly message: number }
  | { readonly what: 'read'; readonly thread: number }
  | { readonly what: 'time'; readonly ms: number };

/** What befalls a run while it works. */
export type Blow =
  | Happening
  | { readonly what: 'takeover' }
  | { readonly what: 'terminate' }
  | { readonly what: 'cancel' }
  /** A sync that arrives meanwhile. */
  | { readonly what: 'visit' };

export interface Timed {
  /** The call of the run at whose arrival it happens. */
  readonly call: number;
  readonly blow: Blow;
}

export type Command =
  | Happening
  | {
      readonly what: 'sync';
      readonly mode: 'incremental' | 'forced' | 'slice';
      readonly during: readonly Timed[];
    }
  | { readonly what: 'history'; readonly slice: boolean; readonly during: readonly Timed[] }
  | {
      readonly what: 'verify';
      readonly repair: boolean;
      readonly slice: boolean;
      readonly during: readonly Timed[];
    }
  | { readonly what: 'two-engines'; readonly forced: boolean }
  | { readonly what: 'clear' }
  | { readonly what: 'restart' }
  | { readonly what: 'terminate' }
  | {
      readonly what: 'fault';
      readonly effect: FaultEffect;
      readonly kind: CallKind | undefined;
      readonly after: number;
      readonly times: number;
    };

const EFFECTS: readonly FaultEffect[] = [
  { type: 'error', code: 1, status: 500 },
  { type: 'error', code: 1, isTransient: false },
  { type: 'error', code: 2, status: 500, isTransient: true },
  { type: 'error', code: 1, message: "Please reduce the amount of data you're asking for, then retry your request" },
  { type: 'error', code: 100 },
  { type: 'error', code: 100, subcode: 33 },
  { type: 'error', code: 2642, message: '(#2642) Invalid cursors values' },
  { type: 'error', code: 190, subcode: 463 },
  { type: 'error', code: 10 },
  { type: 'error', code: 4 },
  { type: 'error', code: 368 },
  { type: 'error', code: 613 },
  { type: 'throttle', blockedMs: 1500 },
  { type: 'reset' },
  { type: 'truncated' },
  { type: 'half-json' },
  { type: 'html' },
  { type: 'empty' },
  { type: 'body', status: 200, body: '{}' },
  { type: 'delay', ms: 30 },
  { type: 'list', twist: 'out-of-order' },
  { type: 'list', twist: 'phantom-next' },
  { type: 'list', twist: 'short-page' },
  { type: 'list', twist: 'duplicates' },
  { type: 'list', twist: 'repeated-cursor' },
  { type: 'list', twist: 'circling-cursors' },
];

const thread = fc.nat(400);
const gapMs = fc.constantFrom(0, 300, 5000, 60_000);
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('messages'), thread, count: fc.integer({ min: 1, max: 70 }), gapMs }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('spread'), thread, threads: fc.integer({ min: 1, max: 150 }), gapMs }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('threads'), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('delete-message'), thread, message: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('delete-thread'), thread }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restore-thread'), thread }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('edit'), thread, message: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('read'), thread }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 1000, max: 1_800_000 }) }) },
);

const fallsDuring = (blow: fc.Arbitrary<Blow>) => fc.array(fc.record({ call: fc.nat(12), blow }), { maxLength: 4 });
const mode = fc.constantFrom<'incremental' | 'forced' | 'slice'>(
  'incremental',
  'incremental',
  'slice',
  'slice',
  'forced',
);
const peaceful: readonly fc.WeightedArbitrary<Command>[] = [{ weight: 8, arbitrary: anyHappening }];

/** Everything there is. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  ...peaceful,
  {
    weight: 10,
    arbitrary: fc.record({
      what: fc.constant('sync'),
      mode,
      during: fallsDuring(
        fc.oneof(
          { weight: 6, arbitrary: anyHappening },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('takeover') }) },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('terminate') }) },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('cancel') }) },
        ),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('verify'),
      repair: fc.boolean(),
      slice: fc.constantFrom(false, false, true),
      during: fallsDuring(
        fc.oneof(
          { weight: 6, arbitrary: anyHappening },
          { weight: 2, arbitrary: fc.record({ what: fc.constant('visit') }) },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('takeover') }) },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('cancel') }) },
        ),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('history'),
      slice: fc.boolean(),
      during: fallsDuring(
        fc.oneof({ weight: 3, arbitrary: anyHappening }, fc.record({ what: fc.constant('takeover') })),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('two-engines'), forced: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('clear') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('terminate') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('fault'),
      effect: fc.constantFrom(...EFFECTS),
      kind: fc.constantFrom(undefined, 'conversations', 'conversation', 'messages'),
      after: fc.nat(6),
      times: fc.constantFrom(1, 1, 1, 2, 5),
    }),
  },
);

/** What may happen while Facebook counts calls: nothing that lets two processes work on one Page at once. */
export const meteredCommand: fc.Arbitrary<Command> = fc.oneof(
  ...peaceful,
  { weight: 6, arbitrary: fc.record({ what: fc.constant('sync'), mode, during: fallsDuring(anyHappening) }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('history'), slice: fc.boolean(), during: fallsDuring(anyHappening) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('two-engines'), forced: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('restart') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('fault'),
      effect: fc.constantFrom<FaultEffect>(
        { type: 'reset' },
        { type: 'html' },
        { type: 'error', code: 1, status: 500 },
      ),
      kind: fc.constant(undefined),
      after: fc.nat(3),
      times: fc.constant(1),
    }),
  },
);
