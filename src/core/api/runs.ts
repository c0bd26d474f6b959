/** Runs as every door shows them. */
import type { PhaseCosts, Platform, RunMode, RunStatus, RunTrigger } from '../model.ts';

export interface RunAnswer {
  readonly id: string;
  readonly pageId: string;
  readonly pageName: string | null;
  readonly platform: Platform;
  readonly mode: RunMode;
  readonly trigger: RunTrigger;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly deleted: number;
  readonly eventsCreated: number;
  /** Conversations that Facebook listed. Like `graphCalls`, it moves about once a second while the run goes on. */
  readonly listed: number;
  readonly graphCalls: number;
  /** What each phase has cost so far. */
  readonly phases: PhaseCosts;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}
