/**
 * The JSON that goes over the HTTP API, as types. The dashboard and other TypeScript clients import this file and
 * nothing else of the server; there must never be code in it that runs.
 */
import type { FailedJobAnswer } from '../core/api/jobs.ts';
import type { ConversationAnswer, MessageAnswer } from '../core/api/mirror.ts';
import type { ConnectedPage, PageAnswer, RefusedPage } from '../core/api/pages.ts';
import type { RunAnswer } from '../core/api/runs.ts';
import type { ErrorCode } from '../core/error-catalogue.ts';

export type { DueAnswer, FailedJobAnswer, QueueName } from '../core/api/jobs.ts';
export type { ConversationAnswer, MessageAnswer } from '../core/api/mirror.ts';
export type { ConnectedPage, PageAnswer, RefusedPage } from '../core/api/pages.ts';
export type { RunAnswer } from '../core/api/runs.ts';
export type { SyncAllAnswer, SyncAllRow, SyncAnswer } from '../core/api/sync.ts';
export type { FindingAnswer, VerifyAnswer } from '../core/api/verify.ts';
export type { ErrorCode } from '../core/error-catalogue.ts';
export type {
  PageStatus,
  PhaseCost,
  PhaseCosts,
  Platform,
  RunMode,
  RunPhase,
  RunStatus,
  RunTrigger,
  SyncMode,
} from '../core/model.ts';

/** What every failed request answers, with the status that goes with the code. */
export interface ProblemAnswer {
  readonly success: false;
  /** One sentence for a person. */
  readonly error: string;
  /** What a program decides by. */
  readonly code: ErrorCode;
}

/** GET /api/pages */
export interface PageListAnswer {
  readonly success: true;
  readonly pages: readonly PageAnswer[];
}

/** POST /api/pages */
export interface ConnectPagesAnswer {
  readonly success: true;
  /** The Pages that are connected now. */
  readonly pages: readonly ConnectedPage[];
  /** Those that the token shows but cannot message as. */
  readonly refused: readonly RefusedPage[];
}

/** PATCH /api/pages/:id */
export interface PageChangedAnswer {
  readonly success: true;
  readonly page: PageAnswer;
}

/** DELETE /api/pages/:id */
export interface PageRemovedAnswer {
  readonly success: true;
}

/** GET /api/conversations, newest first. `nextCursor` is null at the end. */
export interface ConversationListAnswer {
  readonly success: true;
  readonly conversations: readonly ConversationAnswer[];
  readonly nextCursor: string | null;
}

/** GET /api/conversations/:id/messages, newest first. `nextCursor` is null at the end. */
export interface MessageListAnswer {
  readonly success: true;
  readonly messages: readonly MessageAnswer[];
  readonly nextCursor: string | null;
}

/** GET /api/runs, newest first. */
export interface RunListAnswer {
  readonly success: true;
  readonly runs: readonly RunAnswer[];
}

/** GET /api/runs/:id and POST /api/runs/:id/cancel. The data of an event of GET /api/runs/:id/events is a `RunAnswer`. */
export interface RunFoundAnswer {
  readonly success: true;
  readonly run: RunAnswer;
}

/** GET /api/jobs/failed, newest first. */
export interface FailedJobListAnswer {
  readonly success: true;
  readonly jobs: readonly FailedJobAnswer[];
}

/** POST /api/jobs/failed/retry */
export interface JobsRetriedAnswer {
  readonly success: true;
  /** How many were added again. */
  readonly retried: number;
}

/** GET /healthz */
export interface AliveAnswer {
  readonly status: 'ok';
}

/** GET /readyz while the database and its schema are usable. */
export interface ReadyAnswer {
  readonly status: 'ready';
}

/** GET /readyz with status 503. */
export interface NotReadyAnswer extends ProblemAnswer {
  readonly status: 'unavailable';
}
