/**
 * A quota whose cooldown outlives the process: it applies at once, and whoever caused it goes on only when it is
 * stored. A cooldown that is over in a moment is not worth storing.
 */
import type { Clock, MonotonicMs } from '../ports.ts';
import { createQuota, type Quota } from './quota.ts';
import { boundCooldown, type Cooldown } from './quota-usage.ts';

export interface PersistentQuota extends Quota {
  /** Blocks at once; resolves when that is stored as well. */
  blockAndSave(cooldown: Cooldown): Promise<void>;
}

/** Shorter than any restart; and the calls under way that say the same again are not stored again. */
const BRIEF_MS = 2000;

export function createPersistentQuota(clock: Clock, save: (cooldown: Cooldown) => Promise<void>): PersistentQuota {
  const quota = createQuota(clock);
  let savedUntilMs: MonotonicMs = -Infinity;
  let saving = Promise.resolve();

  async function write(cooldown: Cooldown, untilMs: MonotonicMs): Promise<void> {
    savedUntilMs = untilMs;
    try {
      await save(cooldown);
    } catch (error) {
      // The next one to be told so must try again.
      savedUntilMs = -Infinity;
      throw error;
    }
  }

  return {
    ...quota,
    async blockAndSave(asked) {
      const cooldown = boundCooldown(asked);
      quota.block(cooldown);
      if (cooldown.ms <= BRIEF_MS) return;
      const untilMs = clock.monotonicMs() + cooldown.ms;
      if (untilMs > savedUntilMs + BRIEF_MS) saving = write(cooldown, untilMs);
      await saving;
    },
  };
}
