/**
 * The call budget of one Page and platform (I7): never more than the allowed calls in any window, and none while
 * Facebook has asked for quiet. Callers enter one at a time, in the order they came,
 * but for those who go first.
 */
import { TidemarkError } from './errors.ts';
import { createLine } from './line.ts';
import type { Instant } from './model.ts';
import type { CallGate, Clock } from './ports.ts';

export interface BudgetOptions {
  readonly clock: Clock;
  /** Calls per second that Facebook allows; below one, the calls are spread further apart. */
  readonly callsPerSecond: number;
  /** How long a caller is kept waiting for a parked gate before it is turned away. Default: 120 000 ms. */
  readonly patienceMs?: number;
}

export interface Budget extends CallGate {
  /** Another process may have made calls on this budget, the last one at this instant: counts as all it allows. */
  noteCallsElsewhere(lastCallAt: Instant): void;
}

/** Facebook counts arrivals, we count departures: the way there may take this much less for one than for another. */
const JITTER_MS = 50;

export function createBudget(options: BudgetOptions): Budget {
  const { clock, callsPerSecond, patienceMs = 120_000 } = options;
  const size = Math.max(1, Math.floor(callsPerSecond));
  const windowMs = (1000 * size) / callsPerSecond + JITTER_MS;
  let departures: Instant[] = [];
  let parked = { untilAt: 0, reason: '' };
  const line = createLine();

  function delayMs(): number {
    const now = clock.now();
    departures = departures.filter((at) => at <= now && now - at < windowMs);
    const oldest = departures.length >= size ? departures[departures.length - size] : undefined;
    const paceMs = oldest === undefined ? 0 : oldest + windowMs - now;
    return Math.max(paceMs, parked.untilAt - now, 0);
  }

  async function waitForTurn(signal?: AbortSignal): Promise<void> {
    for (let waitMs = delayMs(); waitMs > 0; waitMs = delayMs()) {
      if (waitMs > Math.max(patienceMs, windowMs)) {
        const seconds = Math.ceil(waitMs / 1000);
        throw new TidemarkError('THROTTLED', `Facebook asks for quiet for another ${seconds} s: ${parked.reason}`, {
          retryAfterMs: waitMs,
        });
      }
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    async enter(signal, { goesFirst = false } = {}) {
      const place = line.join(goesFirst);
      try {
        do {
          await place.untilNext();
          signal?.throwIfAborted();
          await waitForTurn(signal);
          // Somebody who goes first may have come meanwhile.
        } while (!place.isNext);
        place.enter();
      } catch (error) {
        place.leave();
        throw error;
      }
      let hasDeparted = false;
      return () => {
        if (hasDeparted) return;
        hasDeparted = true;
        departures.push(clock.now());
        place.leave();
      };
    },
    noteCallsElsewhere(lastCallAt) {
      departures = [...departures, ...Array<Instant>(size).fill(lastCallAt)].toSorted((a, b) => a - b);
    },
    park(untilAt, reason) {
      if (untilAt > parked.untilAt) parked = { untilAt, reason };
    },
  };
}
