/** The events of a run from its start to its end, for tests of those that listen. */
import type { PageAnswer } from '../../src/api/pages.ts';
import type { EventSink, SyncEventBody } from '../../src/core/events.ts';
import { NO_COUNTS, type RunCounts, type RunMode, type RunTrigger } from '../../src/core/model.ts';
import { RUN } from './answers.ts';

export interface ToldRun {
  readonly page: PageAnswer;
  readonly mode: RunMode;
  readonly trigger: RunTrigger | undefined;
  readonly listed: number;
  readonly counts?: Partial<RunCounts>;
  readonly durationMs: number;
  readonly sinks: readonly (EventSink | undefined)[];
}

export function tellRun({ page, mode, trigger = 'library', listed, durationMs, sinks, ...told }: ToldRun): void {
  const run = { runId: RUN.id, page: { ...page, name: page.name ?? undefined }, platform: 'messenger', mode } as const;
  const counts = { ...NO_COUNTS, ...told.counts };
  const events: readonly SyncEventBody[] = [
    { type: 'run-started', trigger, lookbackStart: undefined },
    { type: 'list-surveyed', listed, differing: counts.synced },
    { type: 'batch-committed', counts },
    { type: 'run-finished', trigger, status: 'succeeded', counts, durationMs },
  ];
  for (const event of events) for (const sink of sinks) sink?.({ ...run, ...event });
}
