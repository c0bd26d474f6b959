/**
 * What the jobs need from outside: the database's part of sharing work among processes, and somebody who does it.
 * This room knows no SQL and no Facebook; the engine hands it these.
 */
import type { TidemarkError } from '../core/errors.ts';
import type { Instant, QueueName, RunTrigger } from '../core/model.ts';
import type { Db } from 'pg-boss';

export type { QueueName };
export type ScheduledQueue = Exclude<QueueName, 'history'>;

/** What one job is about. */
export interface PageJob {
  readonly pageId: string;
  readonly trigger: RunTrigger;
}

export interface DuePage {
  readonly pageId: string;
  /** Since when it was due. */
  readonly dueAt: Instant;
}

export interface Claimed {
  readonly due: readonly DuePage[];
  /** There is nothing more to take now. */
  readonly isExhausted: boolean;
}

export interface JobFailure extends PageJob {
  readonly queue: QueueName;
  readonly attempts: number;
  readonly error: TidemarkError;
}

/** Where the shared state is kept. All of it is one database, so a change and the jobs it leads to can be one. */
export interface JobStore {
  /** The database as the queue's package uses it, and the schema that its tables live in. */
  readonly database: Db;
  findSchema(): Promise<string>;
  /** Both sides see the same transaction. */
  transaction<T>(work: (step: JobStep) => Promise<T>): Promise<T>;
  /** Removes a batch of runs that ended long ago; `more`: there may be others. */
  pruneRuns(): Promise<'more' | 'done'>;
  recordFailure(failure: JobFailure): Promise<void>;
  /** After a success: what failed before is settled. */
  forgetFailure(job: { readonly pageId: string; readonly queue: QueueName }): Promise<void>;
}

/** What may be done within one transaction. */
export interface JobStep {
  readonly database: Db;
  /** Takes Pages that are due, longest waiting first; nobody else gets them. */
  claimDue(queue: ScheduledQueue, options: { readonly intervalMs: number; readonly limit: number }): Promise<Claimed>;
  /** Removes failed jobs and says which they were. */
  takeFailures(which: FailureFilter): Promise<readonly { readonly pageId: string; readonly queue: QueueName }[]>;
}

export interface FailureFilter {
  readonly pageId: string | undefined;
  readonly queue: QueueName | undefined;
}

/**
 * Does a job; rejects when it failed. Resolves as well when it was asked to stop before its end. `busy`: somebody else
 * is at work on the Page, and it has to wait.
 */
export type RunJob = (job: PageJob) => Promise<'done' | 'busy'>;

/** Where troubles go that belong to no run: the database is away, a job was given up. */
export type OnProblem = (problem: TidemarkError) => void;
