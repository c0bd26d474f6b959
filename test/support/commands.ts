/**
 * Everything that may happen to a Page and its mirror, as plain data that prints itself in a failure, and how it is
 * done. Threads and messages are named by a number, taken modulo what there is.
 */
import fc from 'fast-check';
import { assertNever } from '../../src/lib/assert-never.ts';
import type { CallKind } from '../../src/simulator/calls.ts';
import type { FaultEffect } from '../../src/simulator/faults.ts';
import { codeOf, type ModelWorld } from './model-world.ts';

/** What happens in the world; also in the middle of a run. */
export type Happening =
  | { readonly what: 'messages'; readonly thread: number; readonly count: number; readonly gapMs: number }
  | { readonly what: 'spread'; readonly thread: number; readonly threads: number; readonly gapMs: number }
  | { readonly what: 'threads'; readonly count: number }
  | { readonly what: 'delete-message'; readonly thread: number; readonly message: number }
  | { readonly what: 'delete-thread'; readonly thread: number }
  | { readonly what: 'edit'; readonly thread: number; readonly message: number }
  | { readonly what: 'read'; readonly thread: number }
  | { readonly what: 'time'; readonly ms: number };

/** What befalls a run while it works. */
export type Blow = Happening | { readonly what: 'takeover' } | { readonly what: 'terminate' };

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
];

const thread = fc.nat(400);
const gapMs = fc.constantFrom(0, 300, 5000, 60_000);
const happening: fc.Arbitrary<Happening> = fc.oneof(
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
  { weight: 1, arbitrary: fc.record({ what: fc.constant('edit'), thread, message: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('read'), thread }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 1000, max: 1_800_000 }) }) },
);

const during = (blow: fc.Arbitrary<Blow>) => fc.array(fc.record({ call: fc.nat(12), blow }), { maxLength: 4 });
const mode = fc.constantFrom<'incremental' | 'forced' | 'slice'>(
  'incremental',
  'incremental',
  'slice',
  'slice',
  'forced',
);
const peaceful: readonly fc.WeightedArbitrary<Command>[] = [{ weight: 8, arbitrary: happening }];

/** Everything there is. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  ...peaceful,
  {
    weight: 10,
    arbitrary: fc.record({
      what: fc.constant('sync'),
      mode,
      during: during(
        fc.oneof(
          { weight: 6, arbitrary: happening },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('takeover') }) },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('terminate') }) },
        ),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('history'),
      slice: fc.boolean(),
      during: during(fc.oneof({ weight: 3, arbitrary: happening }, fc.record({ what: fc.constant('takeover') }))),
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
  { weight: 6, arbitrary: fc.record({ what: fc.constant('sync'), mode, during: during(happening) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('history'), slice: fc.boolean(), during: during(happening) }) },
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

/** Does it, and waits until whatever it began has ended. */
export async function perform(model: ModelWorld, command: Command): Promise<void> {
  const { pageId } = model;
  switch (command.what) {
    case 'sync': {
      const forceFull = command.mode === 'forced';
      const maxDurationMs = command.mode === 'slice' ? 1 : undefined;
      const request = { facebookPageId: pageId, forceFull, maxDurationMs };
      return perturb(model, command.during, () => model.engine().sync(request));
    }
    case 'history':
      return perturb(model, command.during, () =>
        model.engine().collectHistory({ maxDurationMs: command.slice ? 1 : undefined }),
      );
    case 'two-engines': {
      const other = await model.openAnother();
      const request = { facebookPageId: pageId, forceFull: command.forced };
      return perturb(model, [], () => Promise.allSettled([model.engine().sync(request), other.sync(request)]));
    }
    case 'clear':
      return model.clearLastSynced();
    case 'restart':
      return model.restart();
    case 'terminate':
      return model.terminateConnections();
    case 'fault': {
      const { effect, kind, after, times } = command;
      model.world.simulator.faults.add({ match: { after, ...(kind === undefined ? {} : { kind }) }, times, effect });
      return;
    }
    default:
      return happen(model, command);
  }
}

function happen(model: ModelWorld, happening: Happening): void {
  const { world } = model.world.simulator;
  const { pageId } = model;
  const timeline = world.page(pageId).timelines.messenger;
  const threadAt = (index: number) => (timeline.size === 0 ? undefined : timeline.at(index % timeline.size)?.id);
  switch (happening.what) {
    case 'messages': {
      const id = threadAt(happening.thread);
      for (let sent = 0; id !== undefined && sent < happening.count; sent++) {
        model.pass(happening.gapMs);
        world.newMessage(pageId, id);
      }
      return;
    }
    case 'spread': {
      // From the bottom up, or the first to move would be met again.
      const ids = timeline.slice(happening.thread % Math.max(1, timeline.size), happening.threads).map(({ id }) => id);
      for (const id of ids.toReversed()) {
        model.pass(happening.gapMs);
        world.newMessage(pageId, id);
      }
      return;
    }
    case 'threads':
      for (let made = 0; made < happening.count; made++) {
        model.pass(700);
        world.newConversation(pageId, { messages: [{}, {}] });
      }
      return;
    case 'delete-message':
    case 'edit': {
      const id = threadAt(happening.thread);
      const messages = world.truth(pageId).conversations.find((conversation) => conversation.id === id)?.messages ?? [];
      const message = messages.at(-1 - (happening.message % Math.max(1, messages.length)));
      if (id === undefined || message === undefined) return;
      model.changedUnseen(id);
      model.changedUnseen(message.id);
      if (happening.what === 'edit') world.editMessage(message.id, 'edited');
      else world.deleteMessage(message.id);
      return;
    }
    case 'delete-thread': {
      const id = threadAt(happening.thread);
      if (id !== undefined) world.deleteConversation(id);
      return;
    }
    case 'read': {
      const id = threadAt(happening.thread);
      if (id === undefined) return;
      model.changedUnseen(id);
      world.markRead(id);
      return;
    }
    case 'time':
      return model.pass(happening.ms);
    default:
      return assertNever(happening);
  }
}

/** Runs the work and lets blows fall on it; its failure must have a code, and nobody may be left at work. */
async function perturb(model: ModelWorld, during: readonly Timed[], work: () => Promise<unknown>): Promise<void> {
  await model.forgetCallers();
  const outcomes: (string | undefined)[] = [];
  const atWork: Promise<void>[] = [];
  let isTerminated = false;
  const begin = (working: () => Promise<unknown>) => {
    const ended = codeOf(working()).then((code) => void outcomes.push(code));
    atWork.push(ended);
  };
  const strike = async (blow: Blow): Promise<void> => {
    if (blow.what === 'takeover') {
      await model.expireLease();
      const rival = await model.openAnother();
      begin(() => rival.sync({ facebookPageId: model.pageId }));
    } else if (blow.what === 'terminate') {
      isTerminated = true;
      await model.terminateConnections();
    } else {
      happen(model, blow);
    }
  };
  const stop = model.onCall(async (index) => {
    for (const { call, blow } of during) {
      if (call !== index) continue;
      const struck = strike(blow);
      atWork.push(struck);
      await struck;
    }
  });
  begin(work);
  // A blow may bring in another one at work, who is waited for as well.
  for (let waitedFor = 0; waitedFor < atWork.length;) {
    waitedFor = atWork.length;
    await Promise.all(atWork);
  }
  stop();

  const { rows } = await model.client.query('SELECT FROM facebook_sync_state WHERE lease_run_id IS NOT NULL');
  if (rows.length > 0 && !isTerminated) throw new Error(`A lease was left behind (after ${String(outcomes)}).`);
  // A process whose database went away leaves its lease to run out.
  await model.expireLease();
  if (outcomes.some((code) => code === 'THROTTLED' || code === 'GRAPH_ERROR')) {
    // The budget stays parked for minutes; a new process knows nothing of that.
    model.world.simulator.quotas.reset();
    await model.restart();
  }
}
