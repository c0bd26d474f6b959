/** How runs of this process are ended at once, by their id. */
import { TidemarkError } from '../core/errors.ts';

export interface Cancelling {
  /** Notes how to end a run that has begun, and what resolves when it has ended. */
  add(runId: string, run: { readonly end: (reason: Error) => void; readonly ended: () => Promise<unknown> }): void;
  remove(runId: string): void;
  /** Ends a run, and resolves when it has ended; at once when it is not one of this process. */
  cancel(runId: string): Promise<void>;
}

export function createCancelling(): Cancelling {
  const runs = new Map<string, Parameters<Cancelling['add']>[1]>();
  return {
    add: (runId, run) => void runs.set(runId, run),
    remove: (runId) => void runs.delete(runId),
    async cancel(runId) {
      const run = runs.get(runId);
      run?.end(new TidemarkError('RUN_CANCELLED', `Run ${runId} was cancelled.`));
      await run?.ended().catch(() => {});
    },
  };
}
