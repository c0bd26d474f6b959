/** All that goes on in this process: nothing new begins once it closes, and closing waits for what has begun. */
import { TidemarkError } from '../core/errors.ts';

export interface Drain {
  /** Whether runs are to stop at their next batch. */
  isClosing(): boolean;
  /** Aborted when closing has waited long enough. */
  readonly signal: AbortSignal;
  /** Closing waits for this work, and its failure is its caller's. */
  track(work: Promise<unknown>): void;
  /** Throws SHUTTING_DOWN. */
  requireOpen(): void;
  close(): Promise<void>;
}

/** How long closing waits for batches under way before it ends them. */
const CLOSE_GRACE_MS = 10_000;

export function createDrain(): Drain {
  const all = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let isClosing = false;
  return {
    isClosing: () => isClosing,
    signal: closing.signal,
    track(work) {
      const settled: Promise<unknown> = work.catch(() => {}).finally(() => all.delete(settled));
      all.add(settled);
    },
    requireOpen() {
      if (isClosing) throw new TidemarkError('SHUTTING_DOWN', 'Tidemark is closed.');
    },
    async close() {
      isClosing = true;
      const grace = setTimeout(() => {
        closing.abort(new TidemarkError('SHUTTING_DOWN', 'Tidemark was closed while the run went on.'));
      }, CLOSE_GRACE_MS);
      while (all.size > 0) await Promise.all(all);
      clearTimeout(grace);
    },
  };
}
