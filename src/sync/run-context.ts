/** What every part of a run works with: Facebook, the mirror, the time it has, and who is told. */
import type { Clock, ConversationSource, Deadline, Emit } from '../core/ports.ts';
import type { WalkStore } from '../core/store-ports.ts';

export interface RunContext<Store = WalkStore> {
  readonly source: ConversationSource;
  readonly store: Store;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  /** Calls that may be spent each second, as of now; 0 where they are to be saved even if that takes time. */
  readonly callsPerSecond: () => number;
  /** Asked between calls: whether to stop there and leave the rest to the next run. */
  readonly deadline: Deadline;
  /** Aborted when the run must end at once: cancelled, or its lease lost. */
  readonly signal: AbortSignal;
}
