/** What a run does while it holds the lease: a sync, a verify, or history. Each is given the parts it needs. */
import { NO_COUNTS } from '../core/model.ts';
import type { Clock, ConversationSource, Emit, Quotas } from '../core/ports.ts';
import type {
  BegunRun,
  HistoryStore,
  Lease,
  OpenedVerify,
  SyncResult,
  VerifyStore,
  WalkStore,
} from '../core/store-ports.ts';
import { HISTORY_YIELDS_AT_PERCENT, NEAR_LIMIT_PERCENT } from '../core/limits/quota-usage.ts';
import { toCut } from '../core/watermark.ts';
import { assertNever } from '../lib/assert-never.ts';
import { collectHistory } from './history.ts';
import type { Inspection } from './inspection.ts';
import type { Meter } from './meter.ts';
import { syncPage } from './sync-page.ts';
import type { Watch } from './watch.ts';

export interface TaskParts {
  readonly clock: Clock;
  readonly quotas: Quotas;
  /** Of one Page and platform. */
  readonly callsPerSecond: number;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  readonly openVerify: (lease: Lease, repairs: boolean) => Promise<OpenedVerify>;
}

/** What to do: walk the conversations, compare them with the mirror, or go down in those that are known. */
export type RunTask =
  | { readonly purpose: 'sync'; readonly forced: boolean; readonly sendHint: boolean }
  /** Goes on where one of its kind stopped. */
  | { readonly purpose: 'verify'; readonly inspection: Inspection }
  | { readonly purpose: 'history' };

interface WorkParts extends TaskParts {
  readonly source: ConversationSource;
  /** Notes what each phase costs. */
  readonly meter: Meter;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly shouldStop: () => boolean;
}

export interface WorkRequest {
  readonly task: RunTask;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly run: BegunRun;
}

export async function performTask(parts: WorkParts, { task, depth, run }: WorkRequest): Promise<SyncResult> {
  const { shouldStop, quotas, callsPerSecond } = parts;
  const store = parts.meter.walk(parts.openStore(run.lease));
  const budget = () => ({ callsPerSecond, isScarce: quotas.utilization(run.lease) >= NEAR_LIMIT_PERCENT });
  switch (task.purpose) {
    case 'sync': {
      const { forced, sendHint } = task;
      const mode = run.mode === 'incremental' ? 'incremental' : 'full';
      return syncPage({ ...parts, store, budget }, { mode, forced, sendHint, depth, shouldStop, state: run });
    }
    case 'verify': {
      const { inspection } = task;
      const { verifyStore, unfinished } = await parts.openVerify(run.lease, inspection.repairs);
      inspection.goOn(unfinished?.notes);
      const watch = await openWatch({ ...parts, store, verifyStore }, inspection, run);
      const state = { ...run, rest: unfinished?.rest };
      const plan = { mode: 'full', forced: false, sendHint: false, depth, shouldStop, state, watch } as const;
      return syncPage({ ...parts, store, budget }, plan);
    }
    case 'history':
      return digDown(parts, depth, run.lease);
    default:
      return assertNever(task);
  }
}

interface WatchParts extends Pick<WorkParts, 'source' | 'signal' | 'shouldStop'> {
  readonly store: WalkStore;
  readonly verifyStore: VerifyStore;
}

/** Ties an inspection, which may outlast the run, to the run. */
async function openWatch(
  { source, signal, shouldStop, store, verifyStore }: WatchParts,
  inspection: Inspection,
  { watermark }: BegunRun,
): Promise<Watch> {
  const open = await store.findOpenRetries();
  const vouched = { cutAt: toCut(watermark), failed: new Set(open.map((entry) => entry.conversationId)) };
  const parts = { source, signal, shouldStop, store, verifyStore, vouched };
  return {
    collects: inspection.repairs,
    meet: (page) => inspection.meet(parts, page),
    settle: () => inspection.settle(parts),
    async finish({ failed, rest }) {
      if (inspection.repairs) {
        // What failed in a run before this one, and was not tried again yet.
        const stillOpen = await store.findOpenRetries();
        inspection.markRepaired(new Set([...failed, ...stillOpen.map((entry) => entry.conversationId)]));
      }
      await (rest === undefined ? verifyStore.forget() : verifyStore.keep({ rest, notes: inspection.notes() }));
    },
  };
}

/** Older messages, as long as the quotas are not nearly used up: the rest of them is for syncs. */
async function digDown(parts: WorkParts, depth: number, lease: Lease): Promise<SyncResult> {
  const { source, quotas } = parts;
  const store = parts.meter.history(parts.openHistory(lease));
  const mayCall = () => quotas.utilization(lease) < HISTORY_YIELDS_AT_PERCENT;
  const shouldStop = () => parts.shouldStop() || !mayCall();
  if (mayCall()) await collectHistory({ ...parts, store }, { depth, shouldStop });
  const graphCalls = source.callCount();
  const status = await store.finish({ depth, graphCalls });
  return { status, counts: { ...NO_COUNTS, graphCalls }, rest: undefined };
}
