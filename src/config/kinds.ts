/**
 * The kinds of value that a setting or a command line flag can have: how its text is read, and the words that say
 * what is accepted. A kind never guesses: text that is not plainly one of its values is refused. No package is used
 * here, because every command loads this before it does anything.
 */
import { Secret } from '../lib/secret.ts';
import { isLoopback } from './loopback.ts';

export interface Kind<T> {
  /** Completes "must be …". */
  readonly accepts: string;
  /** Undefined for a text that is none of its values. */
  readonly parse: (text: string) => T | undefined;
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z$/;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Any text that is not empty. */
export function text(accepts: string): Kind<string> {
  return where(accepts, (value) => value !== '');
}

/** Text of a given shape. */
export function pattern(accepts: string, shape: RegExp): Kind<string> {
  return where(accepts, (value) => shape.test(value));
}

export function choice<const T extends string>(values: readonly T[]): Kind<T> {
  return { accepts: listInWords(values), parse: (value) => values.find((one) => one === value) };
}

/** A whole number in decimal digits; both bounds belong to the range. */
export function wholeNumber(range: Range): Kind<number> {
  return numberIn(`a whole number from ${range.min} to ${range.max}`, /^\d{1,15}$/, range);
}

/** A number that may have a decimal point; both bounds belong to the range. */
export function decimalNumber(range: Range): Kind<number> {
  return numberIn(`a number from ${range.min} to ${range.max}`, /^\d{1,15}(\.\d{1,15})?$/, range);
}

/** A length of time such as `240s` or `5m`, as milliseconds. Bounds are written the same way. */
export function duration({ min, max }: { readonly min: string; readonly max: string }): Kind<number> {
  const range = { min: durationMs(min), max: durationMs(max) };
  return {
    accepts: `a whole number with a unit (ms, s, m, h, d) from ${min} to ${max}`,
    parse: (value) => (DURATION.test(value) ? within(durationMs(value), range) : undefined),
  };
}

/** An instant in UTC, or the beginning of a day; as ISO 8601. */
export function instant(): Kind<string> {
  return {
    accepts: 'a day such as 2026-03-01, or an instant in UTC such as 2026-03-01T09:30:00Z',
    parse(value) {
      const moment = DAY.test(value) ? `${value}T00:00:00Z` : value;
      // A 30th of February would silently become another day.
      const isReal = TIME.test(moment) && new Date(moment).toJSON()?.slice(0, 10) === moment.slice(0, 10);
      return isReal ? moment : undefined;
    },
  };
}

/** An http or https address without query, fragment and credentials, kept without its last slash. */
export function webAddress(): Kind<string> {
  return {
    accepts: 'an http or https address without query, user name and password',
    parse(value) {
      const url = URL.parse(value);
      const isGood = url !== null && /^https?:$/.test(url.protocol) && url.host !== '' && !/[?#@]/.test(value);
      return isGood ? value.replace(/(?<!\/)\/+$/, '') : undefined;
    },
  };
}

/** A web address that tokens travel to: in clear only on this computer. */
export function tokenAddress(): Kind<string> {
  const { parse } = webAddress();
  return {
    accepts:
      'an https address without query, user name and password; http only on this computer, because access tokens would travel in clear',
    parse(value) {
      const address = parse(value);
      if (address === undefined) return undefined;
      const { protocol, hostname } = new URL(address);
      return protocol === 'https:' || isLoopback(hostname.replaceAll(/^\[|\]$/g, '')) ? address : undefined;
    },
  };
}

export function postgresAddress(): Kind<string> {
  return where(
    'a PostgreSQL connection string, `postgresql://user:password@host:port/database`',
    (value) => /^postgres(ql)?:\/\/./.test(value) && URL.canParse(value),
  );
}

/** A schema that is nobody's but the user's. Upper case stays what it is. */
export function schemaName(): Kind<string> {
  return where(
    'the name of a PostgreSQL schema: letters, digits and `_`, not beginning with a digit or `pg_`',
    (name) => /^[A-Za-z_]\w{0,62}$/.test(name) && !/^(?:pg_|information_schema$)/i.test(name),
  );
}

export function secret(kind: Kind<string>): Kind<Secret> {
  return {
    accepts: kind.accepts,
    parse(value) {
      const parsed = kind.parse(value);
      return parsed === undefined ? undefined : new Secret(parsed);
    },
  };
}

/** Standard base64 of exactly so many bytes; kept as the text it was given as. */
export function base64Bytes(bytes: number): Kind<string> {
  return where(`exactly ${bytes} bytes in base64 (\`openssl rand -base64 ${bytes}\` makes one)`, (value) => {
    const decoded = Buffer.from(value, 'base64');
    return decoded.length === bytes && unpadded(decoded.toString('base64')) === unpadded(value);
  });
}

/** One text or several of a kind, separated by commas; kept as one text, without the blanks around the commas. */
export function oneOrMore(kind: Kind<string>): Kind<string> {
  const { parse } = list(kind, kind.accepts);
  return { accepts: `${kind.accepts}; several are separated by commas`, parse: (value) => parse(value)?.join(',') };
}

/** Values separated by commas; blanks around a comma do not count. */
export function list<T>(kind: Kind<T>, accepts: string): Kind<readonly T[]> {
  return {
    accepts,
    parse(value) {
      const parts = value.split(',').map((part) => kind.parse(part.trim()));
      const good = parts.filter((part) => part !== undefined);
      return good.length === parts.length ? good : undefined;
    },
  };
}

/** The values of a kind, or one particular word in their place, such as `off` or `all`. */
export function orWord<const W extends string, T>(word: W, kind: Kind<T>): Kind<T | W> {
  return {
    accepts: `\`${word}\` or ${kind.accepts}`,
    parse: (value) => (value === word ? word : kind.parse(value)),
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function where(accepts: string, isGood: (value: string) => boolean): Kind<string> {
  return { accepts, parse: (value) => (isGood(value) ? value : undefined) };
}

function numberIn(accepts: string, shape: RegExp, range: Range): Kind<number> {
  return { accepts, parse: (value) => (shape.test(value) ? within(Number(value), range) : undefined) };
}

function within(value: number, { min, max }: Range): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

function durationMs(value: string): number {
  const [, amount, unit] = DURATION.exec(value) ?? [];
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function unpadded(base64: string): string {
  return base64.replace(/={1,2}$/, '');
}

function listInWords(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
