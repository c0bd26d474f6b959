/** Command line values are read by the same kinds as settings, and refused in the same words. */
import { InvalidArgumentError } from 'commander';
import type { Kind } from '../config/kinds.ts';

/** A commander parser for values of `kind`. */
export function argument<T>(kind: Kind<T>): (text: string) => T {
  return (text) => {
    const parsed = kind.parse(text);
    if (parsed !== undefined) return parsed;
    throw new InvalidArgumentError(`It must be ${kind.accepts.replaceAll('`', '')}.`);
  };
}
