/**
 * The queues, on pg-boss: at most one job for each channel and queue that waits or runs, claimed by one process at a
 * time. A claim lapses when nobody renews it. No other file knows pg-boss, and it opens no connection of its own.
 */
import type { Db, JobWithMetadata, PgBoss } from 'pg-boss';
import { isTidemarkError, TidemarkError, toTidemarkError } from '../core/errors.ts';
import { toKey } from '../core/model.ts';
import type { JobStore, OnProblem, ChannelJob, QueueName } from './ports.ts';

type QueuedJob = Omit<ChannelJob, 'platform'> & Partial<ChannelJob>;

/** A job that this process has taken. `attempt` counts from 1. */
export interface Claim extends ChannelJob {
  readonly queue: QueueName;
  readonly id: string;
  readonly attempt: number;
}

export interface Queues {
  /** Adds jobs; a channel that has one in this queue gets no second. Answers how many were added. */
  send(queue: QueueName, jobs: readonly ChannelJob[], database?: Db): Promise<number>;
  /** Takes up to `limit` jobs that nobody has. */
  claim(queue: QueueName, limit: number): Promise<readonly Claim[]>;
  /** Says that their process is alive; the claims of one queue. */
  renew(queue: QueueName, claims: readonly Claim[]): Promise<void>;
  /** Frees the jobs of processes that died. Any number of processes may ask; one at a time looks. */
  freeAbandoned(): Promise<void>;
  /** The job is done with, whatever came of it. */
  finish(claim: Claim): Promise<void>;
  /** The job is tried again, not before `afterMs` have passed; by default after a pause that grows with every attempt. */
  tryLater(claim: Claim, failure: { readonly message: string; readonly afterMs: number | undefined }): Promise<void>;
  /** The job waits as if nobody had taken it: for anybody, from now or after `afterMs`. */
  handBack(claim: Claim, afterMs?: number): Promise<void>;
  close(): Promise<void>;
}

const QUEUE_NAMES = ['sync', 'verify', 'history'] as const satisfies readonly QueueName[];

/** A claim that was not renewed for this long is void. A lease of a channel lasts about as long. */
const HEARTBEAT_SECONDS = 15;
/** Void claims are not looked for more often than this, by all processes together. */
const SUPERVISE_SECONDS = 4;
const RETRY_DELAY_SECONDS = 5;
const RETRY_DELAY_MAX_SECONDS = 300;

/**
 * Opens the queues; the first process of a database also makes their tables, and the others wait for it. When somebody
 * drops those under a running process, the call that meets it fails, and the next one finds them made anew.
 */
export async function openQueues(store: JobStore, onProblem: OnProblem): Promise<Queues> {
  let queues = await makeQueues(store, onProblem);
  let making: Promise<void> | undefined;

  async function makeAgain(): Promise<void> {
    const old = queues;
    queues = await makeQueues(store, onProblem);
    await old.close();
  }

  /** Throws what the work threw. */
  async function mending<T>(work: (open: Queues) => Promise<T>): Promise<T> {
    try {
      return await work(queues);
    } catch (error) {
      if (isTidemarkError(error) && error.code === 'SCHEMA_MISSING') {
        making ??= makeAgain().finally(() => (making = undefined));
        await making.catch((fault: unknown) => onProblem(toTidemarkError(fault)));
      }
      throw error;
    }
  }

  return {
    send: (...sent) => mending((open) => open.send(...sent)),
    claim: (...asked) => mending((open) => open.claim(...asked)),
    renew: (...claims) => mending((open) => open.renew(...claims)),
    freeAbandoned: () => mending((open) => open.freeAbandoned()),
    finish: (claim) => mending((open) => open.finish(claim)),
    tryLater: (...failed) => mending((open) => open.tryLater(...failed)),
    handBack: (...claim) => mending((open) => open.handBack(...claim)),
    close: () => queues.close(),
  };
}

async function makeQueues(store: JobStore, onProblem: OnProblem): Promise<Queues> {
  // Whoever has no jobs to do, like a sync on the command line, does without it.
  const { PgBoss: Boss } = await import('pg-boss');
  const schema = await store.findSchema();
  return store.setUp(async (locked) => {
    let database = locked;
    const boss = new Boss({
      db: { executeSql: (...asked) => database.executeSql(...asked) },
      schema,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      // Asked for by the workers themselves.
      supervise: false,
      // What it can do and nobody here asks for: it would cost a query every few seconds in every process.
      schedule: false,
      flowIntervalSeconds: 3600,
      registerInstance: false,
      monitorVacuum: false,
      openTelemetry: { enabled: false },
    });
    boss.on('error', (error) => onProblem(toTidemarkError(error)));
    boss.on('warning', ({ message }) => onProblem(new TidemarkError('INTERNAL', `The job queue warns: ${message}`)));
    try {
      await boss.start();
      for (const name of QUEUE_NAMES) await boss.createQueue(name, QUEUE);
    } catch (error) {
      await boss.stop(AT_ONCE).catch(() => {});
      throw error;
    }
    // From here on everybody works side by side.
    ({ database } = store);
    return toQueues(boss, store);
  });
}

const AT_ONCE = { graceful: false, close: false } as const;

const QUEUE = {
  policy: 'exclusive',
  heartbeatSeconds: HEARTBEAT_SECONDS,
  // A first sync may take a day; that its process lives is what the heartbeat says.
  expireInSeconds: 24 * 60 * 60 - 1,
  // The worker gives up earlier, and leaves a note; here a job would only vanish.
  retryLimit: 1000,
  retryDelay: RETRY_DELAY_SECONDS,
  retryBackoff: true,
  retryDelayMax: RETRY_DELAY_MAX_SECONDS,
} as const;

function toQueues(boss: PgBoss, store: JobStore): Queues {
  async function send(queue: QueueName, jobs: readonly ChannelJob[], database?: Db): Promise<number> {
    if (jobs.length === 0) return 0;
    const inputs = jobs.map((data) => ({ data, singletonKey: toKey(data) }));
    const added = await boss.insert(queue, inputs, { returnId: true, ...(database && { db: database }) });
    return added?.length ?? 0;
  }

  return {
    send,
    async claim(queue, limit) {
      const jobs = await boss.fetch<QueuedJob>(queue, { batchSize: limit, includeMetadata: true });
      return jobs.map((job) => toClaim(queue, job));
    },
    async renew(queue, claims) {
      await boss.touch(queue, claims.map(toAttempt));
    },
    freeAbandoned: () => boss.supervise(),
    async finish(claim) {
      // What was done is recorded with its run; finished jobs would only be in the way.
      await boss.deleteJob(claim.queue, toAttempt(claim));
    },
    async tryLater(claim, { message, afterMs }) {
      await boss.fail(claim.queue, toAttempt(claim), { message });
      if (afterMs === undefined) return;
      await boss.update(claim.queue, undefined, { id: claim.id, startAfter: Math.ceil(afterMs / 1000) });
    },
    async handBack(claim, afterMs = 0) {
      const { queue, pageId, platform, trigger } = claim;
      const data = { pageId, platform, trigger };
      const job = { data, singletonKey: toKey(data), startAfter: Math.ceil(afterMs / 1000) };
      await store.transaction(async ({ database }) => {
        await boss.deleteJob(queue, toAttempt(claim), { db: database });
        // When the claim was void, the job is with somebody else already, and this adds nothing.
        await boss.insert(queue, [job], { db: database });
      });
    },
    close: () => boss.stop(AT_ONCE),
  };
}

function toClaim(queue: QueueName, job: JobWithMetadata<QueuedJob>): Claim {
  // Older versions knew Messenger only, and may have left jobs.
  const { pageId, platform = 'messenger', trigger } = job.data;
  return { queue, id: job.id, attempt: job.retryCount + 1, pageId, platform, trigger };
}

/** Names the attempt and not only the job: a void claim must not touch the one that replaced it. */
function toAttempt(claim: Claim): { readonly id: string; readonly retryCount: number } {
  return { id: claim.id, retryCount: claim.attempt - 1 };
}
