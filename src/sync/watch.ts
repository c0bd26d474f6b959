/** Somebody who goes along on a walk without changing how it is walked. */
import type { SurveyedPage } from '../core/plan.ts';

export interface SettledWalk {
  readonly wanted: readonly string[];
  /** False when so much was not shown that the list is not to be believed: then nothing may move past it. */
  readonly isWhole: boolean;
}

/** What verify wants of a walk: to see every page of it, and to have the last word at its end. */
export interface Watch {
  /** Whether what differs is collected; else the walk only looks, and moves nothing. */
  readonly collects: boolean;
  /** Sees a list page; answers whether the walk has to stop there. */
  meet(page: SurveyedPage): Promise<boolean>;
  /** At the end of the list: conversations that were not on it and have to be collected, and whether it was all of it. */
  settle(): Promise<SettledWalk>;
  /** When all is collected, but for what could not be. */
  finish(failed: ReadonlySet<string>): Promise<void>;
}
