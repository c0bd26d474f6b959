/**
 * Everything that may happen to a Page and its mirror, as plain data that prints itself in a failure, and how it is
 * drawn. Threads and messages are named by a number, taken modulo what there is.
 */
import fc from 'fast-check';
import type { CallKind } from '../../simulator/calls.ts';
import type { FaultEffect } from '../../simulator/faults.ts';
import type { Platform } from '../../simulator/model.ts';

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
  /** A message that arrives late: older than so many others of its thread, which stays where it is. */
  | { readonly what: 'late'; readonly thread: number; readonly below: number }
  /** A thread is moved where no list shows it; and somebody writes in one of those. */
  | { readonly what: 'hide-thread'; readonly thread: number }
  | { readonly what: 'show-thread'; readonly thread: number }
  | { readonly what: 'rename-thread'; readonly thread: number }
  /** Facebook dates a thread wrongly by so much; by 0: rightly again. */
  | { readonly what: 'date-thread'; readonly thread: number; readonly byMs: number }
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
  /** Somebody deletes rows of the mirror: messages of a thread, from the newest one on, or all of it. */
  | { readonly what: 'lose-messages'; readonly thread: number; readonly from: number; readonly count: number }
  | { readonly what: 'lose-thread'; readonly thread: number }
  /** Facebook refuses a thread by its id from now on, for ever. */
  | { readonly what: 'refuse-thread'; readonly thread: number; readonly code: number }
  | { readonly what: 'restart' }
  | { readonly what: 'terminate' }
  | {
      readonly what: 'fault';
      readonly effect: FaultEffect;
      readonly kind: CallKind | undefined;
      readonly platform: Platform | undefined;
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

/**
 * Answers that show less than there is. On Instagram nothing is counted, so only a deep verify sees these; and who can
 * say of a list of conversations that it ended too early?
 */
const LIST_CUTS: readonly FaultEffect[] = [
  { type: 'list', twist: 'cut' },
  { type: 'list', twist: 'empty' },
];
const NESTED_CUTS: readonly FaultEffect[] = [
  { type: 'nested', twist: 'cut' },
  { type: 'nested', twist: 'empty' },
];

const KINDS: readonly CallKind[] = ['conversations', 'conversation', 'messages'];

interface FaultChoice {
  readonly effects: readonly FaultEffect[];
  readonly kinds: readonly (CallKind | undefined)[];
  readonly platform?: Platform;
}

const faultOf = ({ effects, kinds, platform }: FaultChoice) =>
  fc.record({
    what: fc.constant('fault' as const),
    effect: fc.constantFrom(...effects),
    kind: fc.constantFrom(...kinds),
    platform: fc.constant(platform),
    after: fc.nat(6),
    times: fc.constantFrom(1, 1, 1, 2, 5),
  });

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
  { weight: 2, arbitrary: fc.record({ what: fc.constant('late'), thread, below: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('hide-thread'), thread }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('show-thread'), thread }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('rename-thread'), thread }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('date-thread'),
      thread,
      byMs: fc.constantFrom(0, 0, -86_400_000, -300_000, 60_000, 7_200_000),
    }),
  },
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
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('lose-messages'),
      thread,
      from: fc.nat(40),
      count: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('lose-thread'), thread }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('refuse-thread'), thread, code: fc.constantFrom(100, 230, 1) }),
  },
  { weight: 5, arbitrary: faultOf({ effects: EFFECTS, kinds: [undefined, ...KINDS] }) },
  { weight: 1, arbitrary: faultOf({ effects: NESTED_CUTS, kinds: KINDS, platform: 'messenger' }) },
  { weight: 1, arbitrary: faultOf({ effects: LIST_CUTS, kinds: ['messages'], platform: 'messenger' }) },
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
      platform: fc.constant(undefined),
      after: fc.nat(3),
      times: fc.constant(1),
    }),
  },
);
