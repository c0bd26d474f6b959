/** Somebody who goes along on a walk without changing how it is walked. */
import type { SurveyedPage } from '../core/plan.ts';
import type { WalkPosition } from '../core/store-ports.ts';

export interface SettledWalk {
  readonly wanted: readonly string[];
  /**
   * Whether the list was all of it. `doubtful`: so much was not shown that it is not to be believed, and nothing may
   * move past it. `stopped`: there was no time to find out; the walk has met the list, and its end is still to come.
   */
  readonly outcome: 'whole' | 'doubtful' | 'stopped';
}

/** What verify wants of a walk: to see every page of it, and to have the last word at its end. */
export interface Watch {
  /** Whether what differs is collected; else the walk only looks, and moves nothing. */
  readonly collects: boolean;
  /** Sees a list page; answers whether the walk has to stop there. */
  meet(page: SurveyedPage): Promise<boolean>;
  /** At the end of the list: conversations that were not on it and have to be collected, and whether it was all of it. */
  settle(): Promise<SettledWalk>;
  /** When all that was met is collected, but for what could not be; and where the walk goes on, if it has to. */
  finish(walked: { readonly failed: ReadonlySet<string>; readonly rest: WalkPosition | undefined }): Promise<void>;
}
