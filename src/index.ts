/**
 * Tidemark as a library. Open it with `createTidemark(settings)`; everything it can do is in the `Tidemark` interface.
 * Only re-exports live here.
 */
export type { CallerOptions, ManyPagesOptions } from './api/caller.ts';
export type {
  ConversationAnswer,
  ConversationListAnswer,
  ConversationQuery,
  ListAnswer,
  MessageAnswer,
  MessageListAnswer,
  MessageQuery,
} from './api/conversations.ts';
export type { AliveAnswer, ReadyAnswer } from './api/health.ts';
export type { HistoryAnswer, HistoryRequest, HistoryRow } from './api/history.ts';
export type {
  DueAnswer,
  DueRequest,
  FailedJobAnswer,
  FailedJobListAnswer,
  JobsOptions,
  JobsRetriedAnswer,
  RetryRequest,
} from './api/jobs.ts';
export type {
  ConnectAnswer,
  ConnectedPage,
  ConnectPagesAnswer,
  HoldingsAnswer,
  PageAnswer,
  PageChangedAnswer,
  PageListAnswer,
  PageRemovedAnswer,
  RefusedPage,
} from './api/pages.ts';
export type { NotReadyAnswer, ProblemAnswer } from './api/problem.ts';
export type { RunAnswer, RunFoundAnswer, RunListAnswer, RunQuery } from './api/runs.ts';
export type {
  ChannelSyncAnswer,
  OpenRetryAnswer,
  SyncAllAnswer,
  SyncAllRequest,
  SyncAllRow,
  SyncAnswer,
  SyncRequest,
} from './api/sync.ts';
export type { Tidemark } from './api/tidemark.ts';
export type {
  ChannelVerifyAnswer,
  DeepEstimate,
  FindingAnswer,
  VerifyAllAnswer,
  VerifyAllRequest,
  VerifyAnswer,
  VerifyFailure,
  VerifyRequest,
} from './api/verify.ts';
export type { Settings } from './config/options.ts';
export { readSettings, type ReadOptions } from './config/read-settings.ts';
export { ERRORS, type ErrorCode, type ErrorEntry } from './core/error-catalogue.ts';
export { isTidemarkError, TidemarkError } from './core/errors.ts';
export type {
  CallFinished,
  CallKind,
  CallReport,
  EngineEvent,
  EngineEventSink,
  EventSink,
  RunIdentity,
  SyncEvent,
  SyncEventBody,
} from './core/events.ts';
export type {
  Channel,
  ChannelRef,
  JsonObject,
  JsonValue,
  PageRef,
  PageStatus,
  PhaseCost,
  PhaseCosts,
  Platform,
  QueueName,
  RunCounts,
  RunMode,
  RunPhase,
  RunStatus,
  RunTrigger,
  SyncMode,
} from './core/model.ts';
export type { EngineOptions } from './engine/create-tidemark.ts';
export { Secret } from './lib/secret.ts';
export { createTidemark, type TidemarkSettings } from './library/create-tidemark.ts';
