/** Waits until an instant of the monotonic clock, never less. */
import { sleep } from '../src/lib/sleep.ts';

/** Returns at once when the instant has passed; early only when the signal is aborted. */
export async function waitUntil(instantMs: number, signal: AbortSignal): Promise<void> {
  // Timers may fire a little early, hence the loop.
  for (;;) {
    const remainingMs = instantMs - performance.now();
    if (remainingMs <= 0 || signal.aborted) return;
    await sleep(Math.ceil(remainingMs), signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
