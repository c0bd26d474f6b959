/** The work that processes share, as it is asked for and answered. */
import type { TidemarkError } from '../errors.ts';
import type { Platform } from '../model.ts';
import type { SyncAllRow } from './sync.ts';

/** What a job does for its channel. */
export type QueueName = 'sync' | 'verify' | 'history';

export interface JobsOptions {
  /** Take jobs and do them. Default: true. Without a worker this process only adds jobs for others. */
  readonly worker?: boolean | undefined;
  /** Add jobs for what is due. Any number of processes may; they share one schedule. Default: with a worker. */
  readonly schedule?: boolean | undefined;
  /** Told of what goes wrong outside of any run: the database is away, a job was given up. */
  readonly onProblem: (problem: TidemarkError) => void;
}

/** A job that was given up after its last attempt, or at once because trying again is of no use. */
export interface FailedJobAnswer {
  readonly pageId: string;
  readonly facebookPageId: string;
  readonly pageName: string | null;
  readonly platform: Platform;
  readonly queue: QueueName;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error: string;
  readonly code: string;
  readonly failedAt: string;
}

export interface DueRequest {
  /** Begin nothing and stop between batches after this long. Default: 50 s. */
  readonly maxDurationMs?: number | undefined;
}

export interface DueAnswer {
  /** Whether no Page failed. */
  readonly success: boolean;
  readonly pagesSynced: number;
  readonly pagesFailed: number;
  readonly pagesVerified: number;
  /** Pages whose sync is due and was not begun, or not finished. */
  readonly pagesLeft: number;
  /** Pages whose verify is due and was not begun, or not finished. */
  readonly verifyLeft: number;
  /** Pages that have older messages to bring. */
  readonly historyLeft: number;
  readonly results: readonly SyncAllRow[];
  /** Whether nothing is left to do now, verifies and older messages included. */
  readonly done: boolean;
  readonly message: string;
  readonly durationMs: number;
}
