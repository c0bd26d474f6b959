/**
 * What can stand in the columns that steer a run. Other programs may have written anything there: a time at infinity,
 * a limit below zero. What cannot be true is read as unknown, and replaced when the next run of the channel begins.
 */
import { MOST_LOOKBACK_MS } from '../core/lookback.ts';
import { LIST_LIMIT } from '../core/plan.ts';
import { LOOKBACK_MS } from '../core/watermark.ts';

/** No cooldown is longer than a day; what lies further ahead was set by nobody of us. */
export const LONGEST_COOLDOWN = `interval '25 hours'`;

/** Whether a past time can be true: clocks differ by hours, not by more. */
const isPast = (time: string) => `${time} BETWEEN '2000-01-01' AND now() + interval '1 day'`;

interface Rule {
  /** A condition on the column; null counts as true. */
  readonly isTrue: (column: string) => string;
  /** What stands there instead. Default: NULL. */
  readonly otherwise?: string;
}

/** Of facebook_sync_state. */
const RULES = {
  watermark: { isTrue: isPast },
  last_synced_at: { isTrue: isPast },
  last_call_at: { isTrue: isPast },
  cooldown_until: { isTrue: (column) => `${column} <= now() + ${LONGEST_COOLDOWN}` },
  nested_limit: { isTrue: (column) => `${column} BETWEEN 1 AND ${LIST_LIMIT}` },
  lookback_ms: {
    isTrue: (column) => `${column} BETWEEN ${LOOKBACK_MS} AND ${MOST_LOOKBACK_MS}`,
    otherwise: String(LOOKBACK_MS),
  },
  checkpoint_started_at: { isTrue: isPast },
  checkpoint_watermark: { isTrue: isPast },
  // A cursor without its times leads nowhere.
  checkpoint_cursor: {
    isTrue: (column) => {
      const of = (name: string) => column.replace('checkpoint_cursor', name);
      return `coalesce(${isPast(of('checkpoint_started_at'))}, true) AND coalesce(${isPast(of('checkpoint_watermark'))}, true)`;
    },
  },
} satisfies Record<string, Rule>;

const rules: [string, Rule][] = Object.entries(RULES);

/** Assignments that replace what cannot be true in the row `held`. */
export const MEND_STATE = rules
  .map(([column, { isTrue, otherwise = 'NULL' }]) => {
    const held = `held.${column}`;
    return `${column} = CASE WHEN (${isTrue(held)}) IS FALSE THEN ${otherwise} ELSE ${held} END`;
  })
  .join(',\n    ');

/** Names of the columns of the row `state` in which that stands. */
export const NONSENSE_OF = (state: string) =>
  `array_remove(ARRAY[${rules
    .map(([column, { isTrue }]) => `CASE WHEN (${isTrue(`${state}.${column}`)}) IS FALSE THEN '${column}' END`)
    .join(', ')}], NULL)`;
