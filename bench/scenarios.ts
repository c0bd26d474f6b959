/** Every scenario there is, in the order in which they run. A new one is written in `scenarios/` and entered here. */
import type { Scenario } from './scenario.ts';
import { firstSync } from './scenarios/first-sync.ts';
import { incremental } from './scenarios/incremental.ts';
import { manyPages } from './scenarios/many-pages.ts';
import { memory } from './scenarios/memory.ts';
import { quietRound, quietRoundLarge } from './scenarios/quiet-round.ts';
import { start } from './scenarios/start.ts';
import { throughput } from './scenarios/throughput.ts';
import { workers } from './scenarios/workers.ts';

export const SCENARIOS: readonly Scenario[] = [
  firstSync,
  incremental,
  manyPages,
  throughput,
  quietRound,
  quietRoundLarge,
  workers,
  memory,
  start,
];
