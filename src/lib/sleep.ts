/** Waiting that can be called off. */
import { setTimeout as delay } from 'node:timers/promises';

/** A timer with more than this goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms`, however long that is, or rejects with the signal's reason as soon as it is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    for (let leftMs = ms; ; leftMs -= LONGEST_TIMER_MS) {
      await delay(Math.min(leftMs, LONGEST_TIMER_MS), undefined, signal ? { signal } : undefined);
      if (leftMs <= LONGEST_TIMER_MS) return;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
