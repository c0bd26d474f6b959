/** Runs as they are shown. */
import type { Run } from '../../core/model.ts';
import type { RunAnswer } from '../runs.ts';
import { toIso, toIsoOrNull } from './in-words.ts';

export function toRunView(run: Run): RunAnswer {
  return {
    id: run.id,
    pageId: run.pageId,
    pageName: run.pageName ?? null,
    platform: run.platform,
    mode: run.mode,
    trigger: run.trigger,
    status: run.status,
    startedAt: toIso(run.startedAt),
    finishedAt: toIsoOrNull(run.finishedAt),
    synced: run.synced,
    inserted: run.inserted,
    updated: run.updated,
    skipped: run.skipped,
    deleted: run.deleted,
    eventsCreated: run.eventsCreated,
    listed: run.listed,
    graphCalls: run.graphCalls,
    phases: run.phases,
    errorCode: run.errorCode ?? null,
    errorMessage: run.errorMessage ?? null,
  };
}
