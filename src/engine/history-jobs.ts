/** A sync that did not fail is followed by the job that brings older messages of its channel, where jobs are done. */
import type { SyncEvent } from '../core/events.ts';
import type { PageJobs } from '../jobs/page-jobs.ts';
import type { Database } from '../store/connect.ts';
import { findChannelsWithOpenHistory } from '../store/history-store.ts';
import type { EventHub } from './event-hub.ts';

export interface HistoryJobsParts {
  readonly database: Database;
  readonly events: EventHub;
  readonly jobs: Pick<PageJobs, 'isStarted' | 'enqueue'>;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
}

type Finished = Extract<SyncEvent, { type: 'run-finished' }>;

/** `settled` resolves when every job has been added that follows a sync which has ended. */
export function addHistoryJobs({ database, events, jobs, depth }: HistoryJobsParts): { settled(): Promise<void> } {
  const adding = new Set<Promise<void>>();

  /** Its failure is nobody's who waits for the sync. */
  async function follow({ page, platform, trigger, runId }: Finished): Promise<void> {
    const channel = { pageId: page.id, platform };
    try {
      const open = await findChannelsWithOpenHistory(database, { depth, channel });
      if (open.length > 0) await jobs.enqueue('history', [{ ...channel, trigger }]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      events.emit({ type: 'history-not-begun', reason, runId, mode: 'history', page, platform });
    }
  }

  events.subscribe((event) => {
    if (event.type !== 'run-finished' || !jobs.isStarted) return;
    if (event.mode !== 'full' && event.mode !== 'incremental') return;
    const added = follow(event).finally(() => adding.delete(added));
    adding.add(added);
  });
  return {
    async settled() {
      while (adding.size > 0) await Promise.all(adding);
    },
  };
}
