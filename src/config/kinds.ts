/**
 * The kinds of value that a setting or a command line flag can have: how its text is read, and the words that say
 * what is accepted. A kind never guesses: text that is not plainly one of its values is refused.
 */
import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import { isLoopback } from './loopback.ts';

export interface Kind<T> {
  /** Completes "must be …". */
  readonly accepts: string;
  readonly schema: z.ZodType<T, string>;
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Any text that is not empty. */
export function text(accepts: string): Kind<string> {
  return { accepts, schema: z.string().min(1) };
}

/** Text of a given shape. */
export function pattern(accepts: string, shape: RegExp): Kind<string> {
  return { accepts, schema: z.string().regex(shape) };
}

export function choice<const T extends string>(values: readonly T[]): Kind<T> {
  return { accepts: listInWords(values), schema: z.enum(values) };
}

/** A whole number in decimal digits; both bounds belong to the range. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): Kind<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)),
  };
}

/** A number that may have a decimal point; both bounds belong to the range. */
export function decimalNumber({ min, max }: { readonly min: number; readonly max: number }): Kind<number> {
  return {
    accepts: `a number from ${min} to ${max}`,
    schema: z
      .string()
      .regex(/^\d{1,15}(\.\d{1,15})?$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)),
  };
}

/** A length of time such as `240s` or `5m`, as milliseconds. Bounds are written the same way. */
export function duration({ min, max }: { readonly min: string; readonly max: string }): Kind<number> {
  const bounds = z.number().min(durationMs(min)).max(durationMs(max));
  return {
    accepts: `a whole number with a unit (ms, s, m, h, d) from ${min} to ${max}`,
    schema: z.string().regex(DURATION).transform(durationMs).pipe(bounds),
  };
}

/** An instant in UTC, or the beginning of a day; as ISO 8601. */
export function instant(): Kind<string> {
  return {
    accepts: 'a day such as 2026-03-01, or an instant in UTC such as 2026-03-01T09:30:00Z',
    schema: z.union([z.iso.date().transform((day) => `${day}T00:00:00Z`), z.iso.datetime()]),
  };
}

/** An http or https address without query, fragment and credentials, kept without its last slash. */
export function webAddress(): Kind<string> {
  return {
    accepts: 'an http or https address without query, user name and password',
    schema: z
      .string()
      .refine((value) => {
        const url = URL.parse(value);
        return url !== null && /^https?:$/.test(url.protocol) && url.host !== '' && !/[?#@]/.test(value);
      })
      .transform((value) => value.replace(/(?<!\/)\/+$/, '')),
  };
}

/** A web address that tokens travel to: in clear only on this computer. */
export function tokenAddress(): Kind<string> {
  const { schema } = webAddress();
  return {
    accepts:
      'an https address without query, user name and password; http only on this computer, because access tokens would travel in clear',
    schema: schema.refine((value) => {
      const { protocol, hostname } = new URL(value);
      return protocol === 'https:' || isLoopback(hostname.replaceAll(/^\[|\]$/g, ''));
    }),
  };
}

export function postgresAddress(): Kind<string> {
  return {
    accepts: 'a PostgreSQL connection string, `postgresql://user:password@host:port/database`',
    schema: z.string().refine((value) => /^postgres(ql)?:\/\/./.test(value) && URL.canParse(value)),
  };
}

export function secret(kind: Kind<string>): Kind<Secret> {
  return { accepts: kind.accepts, schema: kind.schema.transform((value) => new Secret(value)) };
}

/** Standard base64 of exactly so many bytes; kept as the text it was given as. */
export function base64Bytes(bytes: number): Kind<string> {
  return {
    accepts: `exactly ${bytes} bytes in base64 (\`openssl rand -base64 ${bytes}\` makes one)`,
    schema: z.string().refine((value) => {
      const decoded = Buffer.from(value, 'base64');
      return decoded.length === bytes && unpadded(decoded.toString('base64')) === unpadded(value);
    }),
  };
}

/** One text or several of a kind, separated by commas; kept as one text, without the blanks around the commas. */
export function oneOrMore(kind: Kind<string>): Kind<string> {
  const schema = list(kind, kind.accepts).schema.transform((parts) => parts.join(','));
  return { accepts: `${kind.accepts}; several are separated by commas`, schema };
}

/** Values separated by commas; blanks around a comma do not count. */
export function list<T>(kind: Kind<T>, accepts: string): Kind<readonly T[]> {
  return {
    accepts,
    schema: z
      .string()
      .transform((value) => value.split(',').map((part) => part.trim()))
      .pipe(z.array(kind.schema).min(1)),
  };
}

/** The values of a kind, or one particular word in their place, such as `off` or `all`. */
export function orWord<const W extends string, T>(word: W, kind: Kind<T>): Kind<T | W> {
  return { accepts: `\`${word}\` or ${kind.accepts}`, schema: z.union([z.literal(word), kind.schema]) };
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
