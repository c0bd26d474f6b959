/** What a walk is for: a sync collects what changed, a verify compares everything. Both walk the list in the same way. */
import type { Rereads } from './bring-messages.ts';
import type { Settled, WalkPurpose } from '../core/outcome.ts';
import type { SurveyBatch } from '../core/plan.ts';
import type { SyncMode } from '../core/model.ts';
import type { Checkpoint } from '../core/store-ports.ts';

export interface WalkPolicy {
  readonly purpose: WalkPurpose;
  readonly mode: SyncMode;
  /** Collect everything that is listed as if nothing were stored. */
  readonly forced: boolean;
  /** What is read again, whatever is stored. */
  readonly rereads?: Rereads | undefined;
  /** Whether `since` may go along with a list that ends at the lookback. */
  readonly sendSince: boolean;
  /** Sees every list page; answers whether the walk has to stop behind it. */
  visit(batch: SurveyBatch): Promise<'go-on' | 'yield'>;
  /** At the end of the list: what it did not show, and which of that is to be collected. */
  settle(): Promise<{ readonly settled: Settled; readonly changed: readonly string[] }>;
  /** When all is collected, but for what could not be; and where the walk goes on, if it has to. */
  conclude(walked: {
    readonly failed: ReadonlySet<string>;
    readonly checkpoint: Checkpoint | undefined;
  }): Promise<void>;
}

/** A sync has nothing to do but to collect. */
export function collectChanges(wish: Pick<WalkPolicy, 'mode' | 'forced' | 'sendSince'>): WalkPolicy {
  return {
    ...wish,
    purpose: 'sync',
    visit: () => Promise.resolve('go-on'),
    settle: () => Promise.resolve({ settled: 'whole', changed: [] }),
    conclude: () => Promise.resolve(),
  };
}
