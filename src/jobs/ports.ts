/**
 * What the jobs need from outside: the database's part of sharing work among processes, and somebody who does it.
 * This room knows no SQL and no Facebook; the engine hands it these.
 */
import type { TidemarkError } from '../core/errors.ts';
import type { Channel, Instant, Platform, QueueName, RunTrigger } from '../core/model.ts';
import type { Db } from 'pg-boss';

export type { QueueName };
export type ScheduledQueue = Exclude<QueueName, 'history'>;

/** What one job is about. */
export interface ChannelJob extends Channel {
  readonly trigger: RunTrigger;
}

export interface DueChannel extends Channel {
  /** Since when it was due. */
  readonly dueAt: Instant;
}

/** When a channel is due again: at a time that the schedule told, or after a while. */
export type DueAgain = { readonly at: Instant } | { readonly inMs: number };

export interface Claimed {
  readonly due: readonly DueChannel[];
  /** There is nothing more to take now. */
  readonly isExhausted: boolean;
}

export interface JobFailure extends ChannelJob {
  readonly queue: QueueName;
  readonly attempts: number;
  readonly error: TidemarkError;
}

/** Where the shared state is kept. All of it is one database, so a change and the jobs it leads to can be one. */
export interface JobStore {
  /** The database as the queue's package uses it, and the schema that its tables live in. */
  readonly database: Db;
  findSchema(): Promise<string>;
  /** One transaction, in which no other process sets up anything. */
  setUp<T>(work: (database: Db) => Promise<T>): Promise<T>;
  /** Both sides see the same transaction. */
  transaction<T>(work: (step: JobStep) => Promise<T>): Promise<T>;
  /** Removes a batch of runs that ended long ago; `more`: there may be others. */
  pruneRuns(): Promise<'more' | 'done'>;
  recordFailure(failure: JobFailure): Promise<void>;
  /** After a success: what failed before is settled. */
  forgetFailure(job: Channel & { readonly queue: QueueName }): Promise<void>;
}

/** What may be done within one transaction. */
export interface JobStep {
  readonly database: Db;
  /** Takes channels that are due, longest waiting first; nobody else gets them. */
  claimDue(queue: ScheduledQueue, options: { readonly intervalMs: number; readonly limit: number }): Promise<Claimed>;
  /** Removes failed jobs and says which they were. */
  takeFailures(which: FailureFilter): Promise<readonly (Channel & { readonly queue: QueueName })[]>;
}

export interface FailureFilter {
  readonly pageId: string | undefined;
  readonly platform: Platform | undefined;
  readonly queue: QueueName | undefined;
}

/** The job was not done, and is to be tried again after so long; that is no failure. */
export interface Postponed {
  readonly afterMs: number;
}

/**
 * Does a job; rejects when it failed. Resolves as well when it was asked to stop before its end. `busy`: somebody else
 * is at work on the channel, and it has to wait.
 */
export type RunJob = (job: ChannelJob) => Promise<'done' | 'busy' | Postponed>;

/** Where troubles go that belong to no run: the database is away, a job was given up. */
export type OnProblem = (problem: TidemarkError) => void;
