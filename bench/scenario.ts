/** What a scenario is: something to measure, with everything it needs handed in. */
import type { Databases } from './databases.ts';
import type { Row } from './rows.ts';

/** How much there is to do. `tiny` shows that the benchmark works and says nothing about speed. */
export interface Size {
  /** Conversations of a Page. */
  readonly conversations: number;
  /** New messages, each in another conversation, before each of the incremental syncs. */
  readonly fresh: readonly number[];
  /** Pages that are synced side by side. */
  readonly pages: readonly number[];
  /** Conversations whose messages are written as fast as they come, and how often. */
  readonly flood: { readonly conversations: number; readonly rounds: number };
  /** Pages of a round in which nothing is new, with so many conversations each. */
  readonly quiet: { readonly pages: number; readonly conversations: number };
  /** Pages that worker processes share, with so many conversations each; and how many processes, one after another. */
  readonly shared: { readonly pages: number; readonly conversations: number };
  readonly workers: readonly { readonly workers: number; readonly isKilled: boolean }[];
  /** Rounds with a little news, one after another. */
  readonly hours: { readonly pages: number; readonly conversations: number; readonly rounds: number };
}

export const FULL: Size = {
  conversations: 1000,
  fresh: [0, 10, 50],
  pages: [5, 10, 50],
  flood: { conversations: 5000, rounds: 3 },
  quiet: { pages: 1000, conversations: 30 },
  shared: { pages: 200, conversations: 30 },
  workers: [
    { workers: 1, isKilled: false },
    { workers: 2, isKilled: false },
    { workers: 4, isKilled: false },
    { workers: 4, isKilled: true },
  ],
  hours: { pages: 50, conversations: 30, rounds: 96 },
};

export const TINY: Size = {
  conversations: 12,
  fresh: [0, 3],
  pages: [2],
  flood: { conversations: 40, rounds: 1 },
  quiet: { pages: 3, conversations: 4 },
  shared: { pages: 2, conversations: 3 },
  workers: [{ workers: 1, isKilled: false }],
  hours: { pages: 2, conversations: 3, rounds: 4 },
};

export interface Bench {
  readonly databases: Databases;
  readonly size: Size;
  /** Says on the progress bar what is going on. */
  readonly note: (text: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Takes long: runs only when it is named. */
  readonly onlyWhenNamed?: boolean;
  /** Hands over rows as they are measured. */
  readonly run: (bench: Bench) => AsyncIterable<Row>;
}
