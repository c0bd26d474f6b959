/**
 * What a run costs, phase by phase, taken where it calls Facebook and where it writes. It only counts: how a run goes
 * must never depend on it, and the algorithm knows nothing of it.
 */
import type { SyncEventBody } from '../core/events.ts';
import type { PhaseCosts, RunPhase } from '../core/model.ts';
import type { CallKind, Clock, ConversationSource } from '../core/ports.ts';
import type { HistoryStore, RunProgress, RunPurpose, WalkStore } from '../core/store-ports.ts';

export interface Meter {
  /** The same source, its calls counted from now on. */
  source(source: ConversationSource): ConversationSource;
  /** The same store; the run that it ends is recorded with what it cost. */
  walk(store: WalkStore): WalkStore;
  history(store: HistoryStore): HistoryStore;
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
  const phaseOf: Readonly<Record<CallKind, RunPhase>> = {
    light: 'survey',
    nested: 'collect',
    single: 'collect',
    probe: 'settle',
    messages: purpose === 'history' ? 'history' : 'collect',
  };
  const watches = new Map<RunPhase, Stopwatch>();
  let metered: ConversationSource | undefined;
  let listed = 0;

  async function time<T>(phase: RunPhase, work: Promise<T>, rowsOf: (result: T) => number): Promise<T> {
    const watch = watches.get(phase) ?? { underWay: 0, startedAt: 0, spentMs: 0, rows: 0 };
    watches.set(phase, watch);
    if (watch.underWay === 0) watch.startedAt = clock.now();
    watch.underWay += 1;
    try {
      const result = await work;
      watch.rows += rowsOf(result);
      return result;
    } finally {
      watch.underWay -= 1;
      if (watch.underWay === 0) watch.spentMs += clock.now() - watch.startedAt;
    }
  }

  function callsOf(phase: RunPhase): number {
    const kinds = CALL_KINDS.filter((kind) => phaseOf[kind] === phase);
    return kinds.reduce((sum, kind) => sum + (metered?.callCount(kind) ?? 0), 0);
  }

  function phases(): PhaseCosts {
    const costs = [...watches].map(([phase, { underWay, startedAt, spentMs, rows }]) => {
      const durationMs = spentMs + (underWay > 0 ? clock.now() - startedAt : 0);
      return [phase, { calls: callsOf(phase), durationMs, rows }] as const;
    });
    return Object.fromEntries(costs);
  }

  return {
    source(source) {
      metered = source;
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
        listMessages: (request, signal) =>
          time(phaseOf.messages, source.listMessages(request, signal), (page) => page.items.length),
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
      if (event.type === 'list-surveyed') listed += event.listed;
    },
    progress: () => ({ graphCalls: metered?.callCount() ?? 0, listed, phases: phases() }),
  };
}

const CALL_KINDS: readonly CallKind[] = ['light', 'nested', 'single', 'probe', 'messages'];

/** A conversation, and the messages that came with it. */
function rowsIn({ messages }: { readonly messages: { readonly items: readonly unknown[] } | undefined }): number {
  return 1 + (messages?.items.length ?? 0);
}
