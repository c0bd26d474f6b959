/**
 * The call budget of one Page and platform (I7): never more than the allowed calls in any window, and none while a
 * pool that it draws on is parked. Callers enter one at a time, in the order they came, but for those who go first.
 */
import type { CallPool } from './call-pool.ts';
import { TidemarkError } from './errors.ts';
import { createLine } from './line.ts';
import type { Instant } from './model.ts';
import type { CallGate, Clock, EnterOptions } from './ports.ts';
import type { Quiet } from './quota.ts';

export interface BudgetOptions {
  readonly clock: Clock;
  /** Calls per second that Facebook allows; below one, the calls are spread further apart. */
  readonly callsPerSecond: number;
  /** The large pools that its calls draw on. */
  readonly pools: readonly CallPool[];
  /** Whom it serves, as messages name it: `Page 1001 (messenger)`. */
  readonly subject: string;
  /** How long a caller is kept waiting for a parked pool before it is turned away. Default: 120 000 ms. */
  readonly patienceMs?: number;
}

export interface Budget extends Pick<CallGate, 'enter'> {
  /** Another process may have made calls on this budget, the last one at this instant: counts as all it allows. */
  noteCallsElsewhere(lastCallAt: Instant): void;
}

/** Facebook counts arrivals, we count departures: the way there may take this much less for one than for another. */
const JITTER_MS = 50;
/** Quiet that is only about calls per second is a matter of pace, and waited out by those whose time is over too. */
const MOMENT_MS = 2000;

export function createBudget(options: BudgetOptions): Budget {
  const { clock, callsPerSecond, pools, subject, patienceMs = 120_000 } = options;
  const size = Math.max(1, Math.floor(callsPerSecond));
  const windowMs = (1000 * size) / callsPerSecond + JITTER_MS;
  let departures: Instant[] = [];
  const line = createLine();

  function paceMs(): number {
    const now = clock.now();
    departures = departures.filter((at) => at <= now && now - at < windowMs);
    const oldest = departures.length >= size ? departures[departures.length - size] : undefined;
    return oldest === undefined ? 0 : Math.max(0, oldest + windowMs - now);
  }

  /** The longest of what the pools ask for. */
  function quiet(): Quiet | undefined {
    const quiets = pools.flatMap((pool) => pool.quiet() ?? []);
    return quiets.toSorted((a, b) => b.ms - a.ms)[0];
  }

  async function waitForTurn(signal: AbortSignal | undefined, { endsAt = Infinity }: EnterOptions): Promise<void> {
    for (;;) {
      const asked = quiet();
      const mostMs = Math.min(patienceMs, Math.max(MOMENT_MS, endsAt - clock.now()));
      if (asked !== undefined && asked.ms > mostMs) throw throttled(subject, asked);
      const waitMs = Math.max(paceMs(), asked?.ms ?? 0);
      if (waitMs === 0) return;
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    async enter(signal, wishes = {}) {
      const place = line.join(wishes.goesFirst ?? false);
      try {
        do {
          await place.untilNext();
          signal?.throwIfAborted();
          await waitForTurn(signal, wishes);
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
  };
}

function throttled(subject: string, { scope, ms, reason }: Quiet): TidemarkError {
  const whom = scope === 'app' ? ' the whole app' : '';
  const seconds = Math.ceil(ms / 1000);
  const message = `Facebook asks${whom} for quiet for another ${seconds} s; until then no call is made for ${subject}. ${reason}`;
  return new TidemarkError('THROTTLED', message, { retryAfterMs: ms });
}
