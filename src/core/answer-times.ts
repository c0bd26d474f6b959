/**
 * How long Facebook takes to answer lists, learnt from its answers, so that plans can weigh calls against time. An
 * estimate and nothing more: whatever it says, a plan brings the same conversations.
 */

/** What any answer takes, and what each conversation on it adds. */
export interface ListTime {
  readonly baseMs: number;
  readonly perItemMs: number;
}

export interface AnswerTimes {
  /** Lists without messages. */
  readonly light: ListTime;
  /** Lists whose conversations bring their newest messages. */
  readonly nested: ListTime;
}

/** As Facebook was seen to answer: 100 conversations take 0.44 s without their messages and 1.7 s with them. */
export const TYPICAL_TIMES: AnswerTimes = {
  light: { baseMs: 400, perItemMs: 0.4 },
  nested: { baseMs: 400, perItemMs: 13 },
};

/** How much of what surprises is believed at once. */
const RATE = 0.25;
/** Lists are measured in hundreds, so that both parts are learnt at a like pace. */
const UNIT = 100;
/** An answer that took so much longer than expected hung somewhere, and says little about the next. */
const MOST_SURPRISE = 4;

export function expectedMs({ baseMs, perItemMs }: ListTime, items: number): number {
  return baseMs + perItemMs * items;
}

/** The estimate after one more answer: moved towards it, in both parts (normalized least mean squares). */
export function learnTime(
  time: ListTime,
  { items, tookMs }: { readonly items: number; readonly tookMs: number },
): ListTime {
  const expected = expectedMs(time, items);
  const size = items / UNIT;
  const step = (RATE * (Math.min(tookMs, MOST_SURPRISE * expected) - expected)) / (1 + size * size);
  return {
    baseMs: Math.max(1, time.baseMs + step),
    perItemMs: Math.max(0, time.perItemMs + (step * size) / UNIT),
  };
}
