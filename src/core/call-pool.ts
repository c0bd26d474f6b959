/**
 * One of Facebook's large pools of calls as this process knows it: until when nobody may draw on it, and how full it
 * was last told to be. Every budget that draws on a pool looks here, so a parked one lets no call out (I7).
 */
import type { Instant } from './model.ts';
import type { Clock } from './ports.ts';
import type { Quiet } from './quota.ts';

export interface CallPool {
  /** Lets nobody draw on it for so long; a longer quiet that was asked for before stands. */
  park(quiet: Quiet): void;
  /** What is left of the quiet; undefined when calls may be made. */
  quiet(): Quiet | undefined;
  /** How full it is, as the last answer told, in percent. */
  noteFill(percent: number): void;
  /** In percent: at least 100 while it is parked, 0 when nothing was told lately. */
  fill(): number;
}

/** What was told longer ago than this may have changed: whoever steps aside because of it looks again. */
const TOLD_FOR_MS = 5 * 60_000;

export function createCallPool(clock: Clock): CallPool {
  let parked: { readonly quiet: Quiet; readonly untilAt: Instant } | undefined;
  let told = { percent: 0, at: clock.now() };

  function quiet(): Quiet | undefined {
    const ms = parked === undefined ? 0 : parked.untilAt - clock.now();
    return parked === undefined || ms <= 0 ? undefined : { ...parked.quiet, ms };
  }

  return {
    park(asked) {
      if (asked.ms > (quiet()?.ms ?? 0)) parked = { quiet: asked, untilAt: clock.now() + asked.ms };
    },
    quiet,
    noteFill(percent) {
      told = { percent, at: clock.now() };
    },
    fill() {
      const percent = clock.now() - told.at < TOLD_FOR_MS ? told.percent : 0;
      return quiet() === undefined ? percent : Math.max(100, percent);
    },
  };
}
