/**
 * Rows that the database refuses for what its owner has added to our tables or changed of them: triggers, constraints,
 * columns. PostgreSQL names all of them but triggers, for which there is only the function that failed.
 */
import { TidemarkError } from '../core/errors.ts';

/** Classes of SQLSTATE that speak of what was to be written: a value, a limit, a constraint, a routine that refuses. */
const DATA_STATES = /^(?:09|22|23|27|2F|38|39|44|54|P0|428C9$)/;
/** Of what PostgreSQL says of the place, innermost first, and the lines of it that name a function. Others hold values. */
const PLACE_LENGTH = 2000;
const FUNCTION_LINE = /^[^$:'"]{0,40}(?:PL\/|SQL function)/;

/** The error for a statement that was refused for what it was to write; undefined when it was not. */
export function toDataRefusal(error: Error): TidemarkError | undefined {
  const { code = '', table, column, constraint }: ServerError = error;
  if (!DATA_STATES.test(code) && !isInRoutine(error)) return undefined;
  const named = Object.entries({ constraint, column, table }).filter(([, name]) => name !== undefined);
  const place = isInRoutine(error) ? placeOf(error).slice(0, 1) : [];
  return toRefusal(error, [...named.map(([kind, name]) => `${kind} "${name}"`), ...place].join(', '));
}

/** What PostgreSQL may tell with an error. */
interface ServerError extends Error {
  readonly code?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** Whether it failed in a function of the owner, for whatever reason. */
export function isInRoutine(error: Error): boolean {
  const [innermost] = placeOf(error);
  return innermost !== undefined && !innermost.includes('tidemark_');
}

/** The functions in which it failed, innermost first. */
export function placeOf(error: Error): readonly string[] {
  const lines = 'where' in error ? String(error.where).slice(0, PLACE_LENGTH).split('\n') : [];
  return lines.filter((line) => FUNCTION_LINE.test(line));
}

export function toRefusal(cause: Error, by: string): TidemarkError {
  const who = by === '' ? '' : ` (${by})`;
  return new TidemarkError('DATA_REFUSED', `The database refuses a row${who}: ${cause.message}.`, { cause });
}
