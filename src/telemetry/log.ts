/**
 * The log: lines for people or for programs, on stderr unless told otherwise. A token, password or proof must never
 * get through: a Secret hides itself, known fields are redacted, and whatever is left is scrubbed from the finished line.
 */
import { createRequire } from 'node:module';
import { pino } from 'pino';
import type { Logger, LoggerOptions } from 'pino';
import type Pretty from 'pino-pretty';
import { toVisible, toVisibleJson, toVisibleLines } from '../lib/visible.ts';
import { HIDDEN, scrub } from './scrub.ts';

export type Log = Logger;

export interface LogSettings {
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Default: `text` when the stream is a terminal, else `json`. */
  readonly logFormat: 'text' | 'json' | undefined;
}

/** Where lines go. A terminal says whether it wants colours, which is how NO_COLOR is honoured. */
export interface LogStream {
  write(line: string): unknown;
  readonly isTTY?: boolean | undefined;
  hasColors?(): boolean;
}

const SECRET_FIELDS = [
  'accessToken',
  'access_token',
  'appSecret',
  'apiKeys',
  'authorization',
  'client_secret',
  'cookie',
  'databaseUrl',
  'encryptionKey',
  'password',
  'token',
];

export function createLog(settings: LogSettings, stream: LogStream = process.stderr): Log {
  const format = settings.logFormat ?? (stream.isTTY ? 'text' : 'json');
  const options: LoggerOptions = {
    level: settings.logLevel,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: HIDDEN },
    hooks: { streamWrite: (line) => toVisibleJson(scrub(line)) },
  };
  return format === 'json' ? pino(options, stream) : pino(options, textStream(stream));
}

/** What makes lines for people is loaded with the first of them: most commands have none. */
function textStream(stream: LogStream): LogStream {
  let format: ReturnType<typeof createFormat> | undefined;
  return {
    write(line) {
      format ??= createFormat(stream.hasColors?.() ?? false);
      return stream.write(format(toVisibleValue(JSON.parse(line))));
    },
  };
}

function createFormat(colorize: boolean) {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof Pretty;
  return pretty.prettyFactory({
    colorize,
    colorizeObjects: false,
    translateTime: 'SYS:HH:MM:ss.l',
    // The sentence of a sync line says all that a person needs, but for the Page it is about.
    ignore: 'pid,hostname,sync',
    singleLine: true,
    messageFormat: (line, messageKey) => {
      const message = String(line[messageKey] ?? '');
      const sync = line['sync'] as { readonly facebookPageId?: string } | undefined;
      return sync?.facebookPageId === undefined ? message : `${sync.facebookPageId} ${message}`;
    },
  });
}

/** With every text in it as a person may see it. A stack has lines of its own, which are set in when it is shown. */
function toVisibleValue(value: unknown, name?: string): unknown {
  if (typeof value === 'string') return name === 'stack' ? toVisibleLines(value) : toVisible(value);
  if (Array.isArray(value)) return value.map((item) => toVisibleValue(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [toVisible(key), toVisibleValue(item, key)] as const),
  );
}
