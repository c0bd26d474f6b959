/** What a run does while it holds the lease: a sync, a verify, or history. Each is given the store it needs. */
import type { VerificationReport } from '../core/findings.ts';
import { type Lease, NO_COUNTS } from '../core/model.ts';
import type { Quotas } from '../core/ports.ts';
import { HISTORY_YIELDS_AT_PERCENT, NEAR_LIMIT_PERCENT } from '../core/limits/quota-usage.ts';
import type {
  BegunRun,
  HistoryStore,
  OpenedVerify,
  SyncResult,
  VerifyKind,
  WalkStore,
  WantedContacts,
} from '../core/store-ports.ts';
import { toLookbackStart } from '../core/watermark.ts';
import { assertNever } from '../lib/assert-never.ts';
import { fetchContacts } from '../sync/contacts.ts';
import { collectHistory } from '../sync/history.ts';
import type { Meter } from './phase-costs.ts';
import type { RunContext } from '../sync/run-context.ts';
import { syncPage } from '../sync/sync-page.ts';
import { openVerification } from '../sync/verification.ts';
import { collectChanges } from '../sync/walk-policy.ts';

export interface TaskParts {
  readonly quotas: Quotas;
  /** Of one channel. */
  readonly callsPerSecond: number;
  readonly openStore: (lease: Lease) => WalkStore;
  readonly openHistory: (lease: Lease) => HistoryStore;
  readonly openContacts: (lease: Lease) => WantedContacts;
  readonly openVerify: (lease: Lease, kind: VerifyKind) => Promise<OpenedVerify>;
}

/** What to do: walk the conversations, compare them with the mirror, or go down in those that are known. */
export type RunTask =
  | { readonly purpose: 'sync'; readonly forced: boolean; readonly sendSince: boolean }
  /** Goes on where one of its kind stopped. */
  | ({ readonly purpose: 'verify' } & VerifyKind)
  | { readonly purpose: 'history' }
  /** Fetches the conversations of people who wrote and are not known. */
  | { readonly purpose: 'contacts' };

export interface TaskResult extends SyncResult {
  /** Of a verify. */
  readonly report?: VerificationReport;
}

export interface TaskContext extends Omit<RunContext, 'store' | 'callsPerSecond'> {
  readonly begun: BegunRun;
  /** Notes what each phase costs. */
  readonly meter: Meter;
}

export async function performTask(parts: TaskParts, task: RunTask, context: TaskContext): Promise<TaskResult> {
  const { begun, meter } = context;
  const { lease } = begun;
  const callsPerSecond = () => (parts.quotas.utilization(lease) >= NEAR_LIMIT_PERCENT ? 0 : parts.callsPerSecond);
  switch (task.purpose) {
    case 'sync': {
      const mode = begun.mode === 'incremental' ? 'incremental' : 'full';
      const run = { ...context, callsPerSecond, store: meter.walk(parts.openStore(lease)) };
      return syncPage({ run, policy: collectChanges({ ...task, mode }), state: begun });
    }
    case 'verify': {
      const run = { ...context, callsPerSecond, store: meter.walk(parts.openStore(lease)) };
      const { verifyStore, unfinished } = await parts.openVerify(lease, task);
      const open = await run.store.findOpenRetries();
      const prior = {
        lookbackStart: toLookbackStart(begun.watermark, begun.lookbackMs),
        failed: new Set(open.map((entry) => entry.conversationId)),
      };
      const policy = openVerification(run, { ...task, verifyStore, notes: unfinished?.notes, prior });
      const result = await syncPage({ run, policy, state: { ...begun, checkpoint: unfinished?.checkpoint } });
      return { ...result, report: policy.report() };
    }
    case 'history':
      return deepenHistory(parts, context);
    case 'contacts': {
      const run = { ...context, callsPerSecond, store: meter.walk(parts.openStore(lease)) };
      return fetchContacts(run, parts.openContacts(lease), begun);
    }
    default:
      return assertNever(task);
  }
}

/** Whoever watches the progress wants to know how much there is, and nobody needs to know it exactly. */
const MOST_COUNTED = 10_000;

/** Older messages, as long as the quotas are not nearly used up: the rest of them is for syncs. */
async function deepenHistory(parts: TaskParts, context: TaskContext): Promise<TaskResult> {
  const { source, depth, meter, begun, emit } = context;
  const callsPerSecond = () =>
    parts.quotas.utilization(begun.lease) >= HISTORY_YIELDS_AT_PERCENT ? 0 : parts.callsPerSecond;
  const deadline = { ...context.deadline, isOver: () => context.deadline.isOver() || callsPerSecond() === 0 };
  const store = meter.history(parts.openHistory(begun.lease));
  emit({ type: 'history-begun', conversations: await store.countOpen({ depth, limit: MOST_COUNTED }) });
  if (callsPerSecond() > 0) await collectHistory({ ...context, callsPerSecond, store, deadline });
  const graphCalls = source.callCount();
  const status = await store.finish({ depth, graphCalls });
  return { status, counts: { ...NO_COUNTS, graphCalls }, checkpoint: undefined };
}
