/** What a caller of the library may add to a request that makes runs. */
import type { EventSink } from '../core/events.ts';
import type { PageRef, RunTrigger } from '../core/model.ts';

export interface CallerOptions {
  /** Who asked; recorded with the run. Default: `library`. */
  readonly trigger?: RunTrigger | undefined;
  /** Told of everything that happens in the run, also when another caller started it in this process. */
  readonly onEvent?: EventSink | undefined;
}

/** Of a request about many Pages. */
export interface ManyPagesOptions extends CallerOptions {
  /** Which Pages. Default: every active one. */
  readonly pages?: readonly PageRef[] | undefined;
}
