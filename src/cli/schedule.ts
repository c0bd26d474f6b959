/**
 * Syncs every active Page again and again while a server runs. Rounds never overlap, and a failed one never ends the
 * schedule.
 */
import type { Tidemark } from '../core/engine-api.ts';
import { toTidemarkError } from '../core/errors.ts';
import { sleep } from '../lib/sleep.ts';
import type { Log } from '../telemetry/log.ts';

export interface ScheduleOptions {
  readonly tidemark: Pick<Tidemark, 'syncAll'>;
  /** Pause between the end of a round and the start of the next; the first comes after one pause. */
  readonly intervalMs: number | 'off';
  readonly log: Log;
}

export interface Schedule {
  /** Begins no further round; one that runs is left to the engine's closing. */
  stop(): void;
}

export function startSchedule({ tidemark, intervalMs, log }: ScheduleOptions): Schedule {
  const ending = new AbortController();
  const { signal } = ending;

  const repeat = async (pauseMs: number): Promise<void> => {
    while (!signal.aborted) {
      try {
        await sleep(pauseMs, signal);
        await tidemark.syncAll({ trigger: 'schedule' });
      } catch (error) {
        if (signal.aborted) return;
        const { code, message, entry } = toTidemarkError(error);
        log[entry.logLevel]({ code, err: error }, `The scheduled sync failed and is tried again: ${message}`);
      }
    }
  };
  // Nobody waits for it: it deals with every failure itself.
  if (intervalMs !== 'off') void repeat(intervalMs);
  return { stop: () => ending.abort() };
}
