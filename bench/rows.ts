/** What the benchmark says: one row for each thing measured, beside what was claimed, what was before and what is possible. */

export type Unit = 's' | 'of COPY' | 'of the start';

export interface Cost {
  readonly value: number;
  /** Calls to Facebook, where they are what matters. */
  readonly calls?: number | undefined;
}

export interface Target {
  readonly value: number;
  /** Calls to Facebook at most. */
  readonly calls?: number | undefined;
  /** Where the figure comes from, when it is not a plain number; e.g. `1.25 × one Page`. */
  readonly of?: string | undefined;
}

export interface Row {
  readonly name: string;
  readonly unit: Unit;
  /** What the request for the system promises; empty where it says nothing. */
  readonly claim: string;
  /** A plain walk over nested lists with a bulk upsert, page after page. */
  readonly before: Cost | undefined;
  /** No schedule can do better under the latency model and the meter. */
  readonly bound: Cost | undefined;
  readonly measured: Cost;
  readonly target: Target | undefined;
  /** What else was seen; empty for nothing. */
  readonly notes: string;
}

export type Verdict = 'ok' | 'missed' | '';

/** A share of COPY must not be less than the target; seconds, calls and growth not more. */
export function toVerdict({ unit, measured, target }: Row): Verdict {
  if (target === undefined) return '';
  const isGoodValue = unit === 'of COPY' ? measured.value >= target.value : measured.value <= target.value;
  const isGoodCalls = target.calls === undefined || (measured.calls ?? Infinity) <= target.calls;
  return isGoodValue && isGoodCalls ? 'ok' : 'missed';
}
