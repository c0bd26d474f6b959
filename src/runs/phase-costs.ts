/**
 * What a run costs, phase by phase, taken where it calls Facebook and where it writes. It only counts: how a run goes
 * must never depend on it, and the algorithm knows nothing of it.
 */
import type { CallKind, SyncEventBody } from '../core/events.ts';
import type { PhaseCosts, RunPhase } from '../core/model.ts';
import type { Clock, ConversationSource } from '../core/ports.ts';
import type { HistoryStore, RunProgress, RunPurpose, WalkStore } from '../core/store-ports.ts';

export interface Meter {
  /** The same source; how long it takes and what it brings is measured from now on. */
  source(source: ConversationSource): ConversationSource;
  /** The same store; the run that it ends is recorded with what it cost. */
  walk(store: WalkStore): WalkStore;
  history(store: HistoryStore): HistoryStore;
  /** Has to be told of every event of the run: calls are counted by them. */
  hear(event: SyncEventBody): void;
  /** What the run has done and cost so far. */
  progress(): RunProgress;
}

interface Stopwatch {
  /** Pieces of work of the phase that go on at this moment. Side by side they take their time once. */
  underWay: number;
  startedAt: number;
  spentMs: number;
  rows: number;
}

export function openMeter(clock: Clock, purpose: RunPurpose): Meter {
  const phaseOf = {
    light: 'survey',
    nested: 'collect',
    single: 'collect',
    probe: 'settle',
    messages: purpose === 'history' ? 'history' : 'collect',
  } as const satisfies Partial<Record<CallKind, RunPhase>>;
  const watches = new Map<RunPhase, Stopwatch>();
  const calls = new Map<RunPhase, number>();
  let graphCalls = 0;
  let listed = 0;

  async function time<T>(phase: RunPhase, work: Promise<T>, rowsOf: (result: T) => number): Promise<T> {
    const watch = watches.get(phase) ?? { underWay: 0, startedAt: 0, spentMs: 0, rows: 0 };
    watches.set(phase, watch);
    if (watch.underWay === 0) watch.startedAt = clock.monotonicMs();
    watch.underWay += 1;
    try {
      const result = await work;
      watch.rows += rowsOf(result);
      return result;
    } finally {
      watch.underWay -= 1;
      if (watch.underWay === 0) watch.spentMs += clock.monotonicMs() - watch.startedAt;
    }
  }

  function countCall(kind: CallKind): void {
    graphCalls += 1;
    const phase = kind in phaseOf ? phaseOf[kind as keyof typeof phaseOf] : undefined;
    if (phase !== undefined) calls.set(phase, (calls.get(phase) ?? 0) + 1);
  }

  function phases(): PhaseCosts {
    const costs = [...watches].map(([phase, { underWay, startedAt, spentMs, rows }]) => {
      const durationMs = spentMs + (underWay > 0 ? clock.monotonicMs() - startedAt : 0);
      return [phase, { calls: calls.get(phase) ?? 0, durationMs, rows }] as const;
    });
    return Object.fromEntries(costs);
  }

  return {
    source(source) {
      return {
        ...source,
        listConversations: (request, signal) =>
          time(
            phaseOf[request.messages === 0 ? 'light' : 'nested'],
            source.listConversations(request, signal),
            (list) => list.items.reduce((sum, item) => sum + rowsIn(item), 0),
          ),
        fetchConversation: (request, signal) =>
          time(
            phaseOf[request.messages === 0 ? 'probe' : 'single'],
            source.fetchConversation(request, signal),
            (found) => (found === undefined ? 0 : rowsIn(found)),
          ),
        findConversation: (request, signal) =>
          time(phaseOf.single, source.findConversation(request, signal), (found) =>
            found === undefined ? 0 : rowsIn(found),
          ),
        listMessages: (request, signal) =>
          time(phaseOf.messages, source.listMessages(request, signal), (page) => page.items.length),
        showsMessage: (messageId, signal) => time(phaseOf.probe, source.showsMessage(messageId, signal), () => 0),
      };
    },
    walk: (store) => ({
      ...store,
      commit: (batch) =>
        time(
          'commit',
          store.commit(batch),
          ({ inserted, updated, eventsCreated }) => inserted + updated + eventsCreated,
        ),
      finish: (outcome) => store.finish({ ...outcome, phases: phases() }),
    }),
    history: (store) => ({
      ...store,
      commit: (step) => time('commit', store.commit(step), ({ eventsCreated }) => eventsCreated),
      finish: (outcome) => store.finish({ ...outcome, phases: phases() }),
    }),
    hear(event) {
      if (event.type === 'call-finished') countCall(event.kind);
      if (event.type === 'list-surveyed') listed += event.listed;
    },
    progress: () => ({ graphCalls, listed, phases: phases() }),
  };
}

/** A conversation, and the messages that came with it. */
function rowsIn({ messages }: { readonly messages: { readonly items: readonly unknown[] } | undefined }): number {
  return 1 + (messages?.items.length ?? 0);
}
