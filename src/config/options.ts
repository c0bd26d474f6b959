/**
 * The one table of settings. Types, reading, help and docs/configuration.md all come from it, so a setting is
 * described here and nowhere else. Never give a secret a default or a real value as its example.
 */
import type { Secret } from '../lib/secret.ts';
import {
  base64Bytes,
  choice,
  decimalNumber,
  duration,
  list,
  oneOrMore,
  orWord,
  pattern,
  postgresAddress,
  schemaName,
  secret,
  text,
  tokenAddress,
  webAddress,
  wholeNumber,
} from './kinds.ts';
import type { Kind } from './kinds.ts';

export interface Option<T = unknown> {
  /** Name of the environment variable. */
  readonly variable: string;
  readonly kind: Kind<T>;
  /** The default as it would be written, or what happens without a value. */
  readonly fallback: { readonly value: string } | { readonly absent: string };
  readonly meaning: string;
  readonly example: string;
  /** True when the value must not appear in any message. */
  readonly secret: boolean;
  /** Nothing uses it yet, and it was to keep people out: the server refuses to start with it. */
  readonly reserved?: true;
}

// Node's timers hold at most 24.8 days.
const LONGEST_INTERVAL = '24d';

export const OPTIONS = {
  databaseUrl: {
    variable: 'DATABASE_URL',
    kind: postgresAddress(),
    fallback: { absent: 'an embedded PostgreSQL in `TIDEMARK_DATA_DIR`' },
    meaning: 'Connection string of a PostgreSQL server, version 15 or newer; Supabase is one.',
    example: 'postgresql://postgres:password@db.example.supabase.co:5432/postgres',
    secret: true,
  } satisfies Option<string>,
  databaseConnections: {
    variable: 'DATABASE_CONNECTIONS',
    kind: wholeNumber({ min: 1, max: 200 }),
    fallback: { value: '7' },
    meaning:
      'Connections to the database that this process opens at most. Two processes with the default fit into the 15 of ' +
      "Supabase's pooler. Almost a third is kept for reading: lists and searches never hold up a sync.",
    example: '20',
    secret: false,
  } satisfies Option<number>,
  schema: {
    variable: 'TIDEMARK_SCHEMA',
    kind: schemaName(),
    fallback: { absent: "the first schema of the connection's `search_path`, which is `public` by default" },
    meaning: 'PostgreSQL schema of all tables; `tidemark migrate` makes it if it is not there.',
    example: 'tidemark',
    secret: false,
  } satisfies Option<string>,
  dataDir: {
    variable: 'TIDEMARK_DATA_DIR',
    kind: text('the path of a folder'),
    fallback: { value: '.tidemark' },
    meaning:
      'Folder of the embedded PostgreSQL and its key file. The first process starts the server on a free loopback ' +
      'port with a random password, later ones join it, the last one stops it.',
    example: '/var/lib/tidemark',
    secret: false,
  } satisfies Option<string>,
  host: {
    variable: 'HOST',
    kind: pattern('a host name or IP address', /^[A-Za-z0-9.:_%-]+$/),
    fallback: { value: '127.0.0.1' },
    meaning: 'Address to listen on. Only loopback addresses are served.',
    example: '::1',
    secret: false,
  } satisfies Option<string>,
  port: {
    variable: 'PORT',
    kind: wholeNumber({ min: 0, max: 65_535 }),
    fallback: { value: '4680' },
    meaning: 'Port to listen on; `0` takes any free one.',
    example: '8080',
    secret: false,
  } satisfies Option<number>,
  graphApiUrl: {
    variable: 'GRAPH_API_URL',
    kind: tokenAddress(),
    fallback: { value: 'https://graph.facebook.com' },
    meaning: 'Base address of the Graph API. `tidemark simulate` prints the one of the simulator.',
    example: 'http://127.0.0.1:4681',
    secret: false,
  } satisfies Option<string>,
  graphApiVersion: {
    variable: 'GRAPH_API_VERSION',
    kind: pattern('a version such as `v25.0`', /^v\d{1,3}\.\d{1,2}$/),
    fallback: { value: 'v25.0' },
    meaning: 'Version of the Graph API to speak to.',
    example: 'v25.0',
    secret: false,
  } satisfies Option<string>,
  appId: {
    variable: 'META_APP_ID',
    kind: pattern('the number of a Meta app', /^\d{1,32}$/),
    fallback: { absent: 'short-lived tokens stay short-lived' },
    meaning: 'Meta app that short-lived user tokens are exchanged with; needs `META_APP_SECRET` beside it.',
    example: '1234567890123456',
    secret: false,
  } satisfies Option<string>,
  appSecret: {
    variable: 'META_APP_SECRET',
    kind: secret(oneOrMore(text('the secret of the Meta app'))),
    fallback: { absent: 'calls carry no `appsecret_proof`, and webhooks are refused' },
    meaning:
      'Secret of the Meta app that the tokens belong to; with it every call carries an `appsecret_proof`. Deliveries of ' +
      'webhooks may be signed with any of several: the old one behind the new one, or that of an Instagram app.',
    example: 'the-secret-from-the-app-dashboard',
    secret: true,
  } satisfies Option<Secret>,
  webhookVerifyToken: {
    variable: 'META_WEBHOOK_VERIFY_TOKEN',
    kind: secret(text('the word entered beside the webhook address in the app dashboard')),
    fallback: { absent: 'no webhook handshake' },
    meaning: 'Word that Meta repeats in the handshake of a webhook, which is at `/api/webhooks/meta`.',
    example: 'a-word-of-your-own',
    secret: true,
  } satisfies Option<Secret>,
  encryptionKey: {
    variable: 'TIDEMARK_ENCRYPTION_KEY',
    kind: secret(oneOrMore(base64Bytes(32))),
    fallback: { absent: 'a key file in `TIDEMARK_DATA_DIR`, made on first use, only with the embedded PostgreSQL' },
    meaning:
      'Key that access tokens are stored encrypted with. Keep it: without it every Page has to be connected again. ' +
      'To change it, put the new one first and leave the old one behind it until every Page has been synced once.',
    example: 'the-output-of-openssl-rand-base64-32',
    secret: true,
  } satisfies Option<Secret>,
  apiKeys: {
    variable: 'TIDEMARK_API_KEYS',
    kind: list(secret(pattern('a key', /^[\x21-\x2b\x2d-\x7e]+$/)), 'API keys without blanks, separated by commas'),
    fallback: { absent: 'no API keys' },
    meaning: 'Keys that callers of the API send as `Authorization: Bearer …`.',
    example: 'first-key,second-key',
    secret: true,
    reserved: true,
  } satisfies Option<readonly Secret[]>,
  supabaseUrl: {
    variable: 'SUPABASE_URL',
    kind: webAddress(),
    fallback: { absent: 'Supabase user tokens are not accepted' },
    meaning: 'Supabase project whose users may call the API; a user sees only Pages with their `user_id`.',
    example: 'https://example.supabase.co',
    secret: false,
    reserved: true,
  } satisfies Option<string>,
  supabaseJwtSecret: {
    variable: 'SUPABASE_JWT_SECRET',
    kind: secret(text('the JWT secret of the Supabase project')),
    fallback: { absent: 'the public keys at `SUPABASE_URL`' },
    meaning: 'Secret that the project signs user tokens with, for projects that still use HS256.',
    example: 'the-secret-from-the-project-settings',
    secret: true,
    reserved: true,
  } satisfies Option<Secret>,
  syncIntervalMs: {
    variable: 'SYNC_INTERVAL',
    kind: orWord('off', duration({ min: '1s', max: LONGEST_INTERVAL })),
    fallback: { value: '5m' },
    meaning: 'How often `tidemark serve`, `tidemark worker` and `/api/cron/sync` sync every active Page.',
    example: '30s',
    secret: false,
  } satisfies Option<number | 'off'>,
  verifyIntervalMs: {
    variable: 'VERIFY_INTERVAL',
    kind: orWord('off', duration({ min: '1s', max: LONGEST_INTERVAL })),
    fallback: { value: '24h' },
    meaning:
      'How often `tidemark serve`, `tidemark worker` and `/api/cron/sync` verify every active Page, with repair.',
    example: '7d',
    secret: false,
  } satisfies Option<number | 'off'>,
  pageConcurrency: {
    variable: 'SYNC_PAGE_CONCURRENCY',
    kind: wholeNumber({ min: 1, max: 1_000 }),
    fallback: { value: '50' },
    meaning: 'Pages that one process syncs at the same time.',
    example: '10',
    secret: false,
  } satisfies Option<number>,
  callsPerSecond: {
    variable: 'GRAPH_CALLS_PER_SECOND',
    kind: decimalNumber({ min: 0.01, max: 1_000 }),
    fallback: { value: '2' },
    meaning: 'Calls per second for each Page and platform. `2` is what Meta allows for conversations.',
    example: '1.5',
    secret: false,
  } satisfies Option<number>,
  messagesPerConversation: {
    variable: 'MESSAGES_PER_CONVERSATION',
    kind: orWord('all', wholeNumber({ min: 1, max: 1_000_000 })),
    fallback: { value: 'all' },
    meaning: 'How many of the newest messages of a conversation are mirrored.',
    example: '100',
    secret: false,
  } satisfies Option<number | 'all'>,
  sinceParameter: {
    variable: 'SINCE_PARAMETER',
    kind: choice(['send', 'off']),
    fallback: { value: 'send' },
    meaning: 'Whether incremental listings carry `since` as a hint. The mirror is complete either way.',
    example: 'off',
    secret: false,
  } satisfies Option<'send' | 'off'>,
  logLevel: {
    variable: 'LOG_LEVEL',
    kind: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    fallback: { value: 'info' },
    meaning: 'Least severe log line that is written.',
    example: 'debug',
    secret: false,
  } satisfies Option<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'>,
  logFormat: {
    variable: 'LOG_FORMAT',
    kind: choice(['text', 'json']),
    fallback: { absent: '`text` on a terminal, else `json`' },
    meaning: 'Whether log lines are made for people or for programs.',
    example: 'json',
    secret: false,
  } satisfies Option<'text' | 'json'>,
} as const;

export type SettingName = keyof typeof OPTIONS;

type ValueOf<O> = O extends { readonly kind: Kind<infer T> } ? T : never;

/** Every setting, read. Durations are milliseconds; a setting without value and default is undefined. */
export type Settings = {
  readonly [N in SettingName]: (typeof OPTIONS)[N]['fallback'] extends { readonly value: string }
    ? ValueOf<(typeof OPTIONS)[N]>
    : ValueOf<(typeof OPTIONS)[N]> | undefined;
};

/** The table's rows in their order, for whoever treats every setting alike. */
export const OPTION_LIST: readonly (readonly [SettingName, Option])[] = Object.entries(OPTIONS) as [
  SettingName,
  Option,
][];
