/**
 * How hard the random tests try: a minute's worth by default, any amount in a soak. A failure prints the seed and the
 * path that repeat it; nothing here may choose a seed that is not printed.
 */
import type { Parameters } from 'fast-check';

/** Test cases at most, and the time after which no further one is begun. */
export interface Effort {
  readonly runs: number;
  readonly seconds: number;
}

const environment = (name: string): number | undefined => {
  const text = process.env[name]?.trim() ?? '';
  if (text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new Error(`${name} is no number: ${text}`);
};

/** SOAK is a factor on every effort; 1 is what `npm test` does. */
export const SOAK = Math.max(1, environment('SOAK') ?? 1);

/**
 * Settings for a fast-check property. PROPERTY_SEED and PROPERTY_PATH repeat what a failure printed, with
 * PROPERTY_PATH naming the one case.
 */
export function effort<T>({ runs, seconds }: Effort): Parameters<T> {
  const seed = environment('PROPERTY_SEED');
  const path = process.env['PROPERTY_PATH'];
  return {
    numRuns: runs * SOAK,
    interruptAfterTimeLimit: seconds * SOAK * 1000,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  };
}

/** The seed of a test that draws by itself: the one asked for, or a new one. Whoever uses it prints it. */
export function drawSeed(): number {
  return environment('PROPERTY_SEED') ?? Math.floor(Math.random() * 2 ** 31);
}
