/**
 * A pool whose parking outlives the process: it is closed at once, and whoever closed it goes on only when the
 * database knows. Quiet that is over in a moment is not worth writing down.
 */
import { type CallPool, createCallPool } from '../core/call-pool.ts';
import type { Instant } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { boundQuiet, type Quiet } from '../core/quota.ts';

export interface RememberedPool extends CallPool {
  /** Parks at once; resolves when it is remembered as well. */
  parkAndRemember(quiet: Quiet): Promise<void>;
}

/** Shorter than any restart; and the calls under way that say the same again are not written again. */
const BRIEF_MS = 2000;

export function createRememberedPool(clock: Clock, remember: (quiet: Quiet) => Promise<void>): RememberedPool {
  const pool = createCallPool(clock);
  let rememberedUntilAt: Instant = 0;
  let remembering = Promise.resolve();

  async function write(quiet: Quiet, untilAt: Instant): Promise<void> {
    rememberedUntilAt = untilAt;
    try {
      await remember(quiet);
    } catch (error) {
      // The next one to be told so must try again.
      rememberedUntilAt = 0;
      throw error;
    }
  }

  return {
    ...pool,
    async parkAndRemember(asked) {
      const quiet = boundQuiet(asked);
      pool.park(quiet);
      if (quiet.ms <= BRIEF_MS) return;
      const untilAt = clock.now() + quiet.ms;
      if (untilAt > rememberedUntilAt + BRIEF_MS) remembering = write(quiet, untilAt);
      await remembering;
    },
  };
}
