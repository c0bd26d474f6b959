/** Numbers, lengths of time and instants as a person says them. */
const NUMBER = new Intl.NumberFormat('en-US');
const AGO = new Intl.RelativeTimeFormat('en-US', { numeric: 'always' });
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** `5000` → `5,000`. */
export function toFigure(value: number): string {
  return NUMBER.format(value);
}

/** `1` → `1 conversation`, `5000` → `5,000 conversations`. */
export function toCount(value: number, noun: string): string {
  return `${toFigure(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `1240` ms → `1.24`; from ten seconds on one decimal is enough. */
export function toSeconds(ms: number): string {
  return (ms / 1_000).toFixed(ms < 10_000 ? 2 : 1);
}

/** How long before `nowMs` an ISO instant was; `never` for null. */
export function toAgo(iso: string | null, nowMs: number): string {
  if (iso === null) return 'never';
  const elapsedMs = nowMs - Date.parse(iso);
  for (const [unit, lengthMs] of UNITS) {
    if (elapsedMs >= lengthMs) return AGO.format(-Math.floor(elapsedMs / lengthMs), unit);
  }
  return 'just now';
}
