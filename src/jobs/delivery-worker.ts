/**
 * Applies deliveries as they come: at once those that this process received, soon those that another did. What is due
 * stands in the database, so any number of processes may do it side by side.
 */
import { toTidemarkError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { OnProblem } from './ports.ts';

export interface DeliveryWorkerParts {
  /** Does a piece of what is due; answers whether there may be more. */
  readonly work: () => Promise<'more' | 'done'>;
  readonly clock: Clock;
  readonly onProblem: OnProblem;
}

export interface DeliveryWorker {
  /** There is something to do. */
  wake(): void;
  stop(): void;
  /** Resolves when the piece under way has ended. */
  ended(): Promise<void>;
}

/** How long a delivery that another process received may lie unnoticed. */
const POLL_MS = 1000;
const AFTER_TROUBLE_MS = 5000;

export function startDeliveryWorker({ work, clock, onProblem }: DeliveryWorkerParts): DeliveryWorker {
  const stopping = new AbortController();
  let waking = new AbortController();

  async function pause(ms: number): Promise<void> {
    await clock.sleep(ms, AbortSignal.any([stopping.signal, waking.signal])).catch(() => {});
  }

  async function serve(): Promise<void> {
    while (!stopping.signal.aborted) {
      // What is told from here on is another reason to look.
      waking = new AbortController();
      try {
        if ((await work()) === 'done') await pause(POLL_MS);
      } catch (error) {
        if (stopping.signal.aborted) return;
        onProblem(toTidemarkError(error));
        waking = new AbortController();
        await pause(AFTER_TROUBLE_MS);
      }
    }
  }

  const serving = serve();
  return {
    wake: () => waking.abort(),
    stop: () => stopping.abort(),
    ended: () => serving,
  };
}
