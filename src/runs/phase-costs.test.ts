import { describe, expect, it } from 'vitest';
import type { CallKind } from '../core/events.ts';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import type { Clock, ConversationSource } from '../core/ports.ts';
import type { RunPurpose } from '../core/store-ports.ts';
import { openMeter } from './phase-costs.ts';

/** Facebook and a clock by hand: a call takes as long as it is asked to, and may be tried more than once. */
function openBench(purpose: RunPurpose) {
  let now = 0;
  const waiting: { at: number; resolve: () => void }[] = [];
  const clock: Clock = {
    now: () => Date.UTC(2026, 0, 1),
    monotonicMs: () => now,
    sleep: (ms) => new Promise((resolve) => waiting.push({ at: now + ms, resolve })),
  };
  const meter = openMeter(clock, purpose);
  const told = { status: 'ok', graphCode: undefined, durationMs: 1, waitedMs: 0, usage: NO_USAGE } as const;
  let count = 0;
  const call = async (kind: CallKind, ms: number, attempts = 1) => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      count += 1;
      meter.hear({ type: 'call-finished', channel: undefined, kind, ...told });
    }
    await clock.sleep(ms);
  };
  const items = [{ messages: undefined }, { messages: { items: [1, 2] } }] as never;
  const source: ConversationSource = {
    async listConversations({ messages, limit }) {
      await call(messages === 0 ? 'light' : 'nested', limit);
      return { items, after: undefined, servedAt: undefined };
    },
    async fetchConversation({ messages }) {
      await call(messages === 0 ? 'probe' : 'single', 10, 2);
      return undefined;
    },
    async findConversation() {
      await call('single', 10);
      return undefined;
    },
    async listMessages() {
      await call('messages', 10);
      return { items, after: undefined };
    },
    async showsMessage() {
      await call('probe', 10);
      return true;
    },
    readableMessages: Infinity,
    callCount: () => count,
  };
  return {
    meter,
    source: meter.source(source),
    async pass(ms: number) {
      now += ms;
      for (const { at, resolve } of waiting) if (at <= now) resolve();
      await new Promise(setImmediate);
    },
  };
}

const list = (limit: number, messages: number) => ({ limit, messages, after: undefined, since: undefined });
const ONE = { conversationId: 't_1', messages: 25 };

describe('the meter of a run', () => {
  it('tells what each phase has called, taken and brought, attempts that failed included', async () => {
    const { meter, source, pass } = openBench('sync');
    const work = Promise.all([
      source.listConversations(list(30, 0)),
      source.listConversations(list(50, 25)),
      source.fetchConversation(ONE),
      source.listMessages({ conversationId: 't_1', limit: 100, after: undefined }),
    ]);
    for (const ms of [10, 20, 20]) await pass(ms);
    await work;
    expect(meter.progress()).toEqual({
      graphCalls: 5,
      listed: 0,
      phases: {
        survey: { calls: 1, durationMs: 30, rows: 4 },
        collect: { calls: 4, durationMs: 50, rows: 6 },
      },
    });
  });

  it('counts time once that pieces of a phase share, none between them, and what is under way', async () => {
    const { meter, source, pass } = openBench('sync');
    const first = source.listConversations(list(20, 0));
    await pass(10);
    const second = source.listConversations(list(20, 0));
    await pass(10);
    expect(meter.progress().phases.survey?.durationMs).toBe(20);
    await pass(10);
    await Promise.all([first, second]);
    await pass(500);
    const third = source.listConversations(list(10, 0));
    await pass(10);
    await third;
    expect(meter.progress().phases.survey?.durationMs).toBe(40);
  });

  it('names what a verify asks for at its end, and what history brings, by their own phases', async () => {
    const verify = openBench('verify');
    const looking = verify.source.fetchConversation({ ...ONE, messages: 0 });
    await verify.pass(10);
    await looking;
    expect(verify.meter.progress().phases).toEqual({ settle: { calls: 2, durationMs: 10, rows: 0 } });

    const history = openBench('history');
    const reading = history.source.listMessages({ conversationId: 't_1', limit: 100, after: undefined });
    await history.pass(10);
    await reading;
    expect(history.meter.progress().phases).toEqual({ history: { calls: 1, durationMs: 10, rows: 2 } });
  });

  it('counts what was listed as the walk does', () => {
    const { meter } = openBench('sync');
    for (const listed of [100, 40]) meter.hear({ type: 'list-surveyed', listed, differing: 3 });
    meter.hear({ type: 'survey-finished' });
    expect(meter.progress().listed).toBe(140);
  });
});
