/** What most commands begin with: the settings, a log on stderr, and an engine that tells it what happens. */
import { relative } from 'node:path';
import { type Environment, findUnknownVariables, readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/options.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { Log, LogStream } from '../telemetry/log.ts';
import { logSyncEvents } from '../telemetry/log-sync-events.ts';
import type { CliContext } from './context.ts';
import { printLine } from './print.ts';

export interface Session extends AsyncDisposable {
  readonly tidemark: Tidemark;
  readonly log: Log;
  /** Once is enough; more often does no harm. */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Default: stderr. */
  readonly logTo?: LogStream;
  /** Says nothing of where the mirror is. */
  readonly quiet?: boolean;
  /** Only looks: makes no tables in a database that has never been Tidemark's. Default: false. */
  readonly looksOnly?: boolean | undefined;
}

/** Throws INVALID_SETTING, and warns of variables that nothing reads. `defaults` stand in for those not set. */
export function loadSettings({ env, cwd, stderr }: SettingsContext, defaults: Environment = {}): Settings {
  const settings = readSettings(env, { cwd, defaults });
  for (const warning of findUnknownVariables(env, cwd)) printLine(stderr, `Warning: ${warning}`);
  if (settings.databaseUrl !== undefined && settings.encryptionKey === undefined) {
    printLine(
      stderr,
      'Warning: DATABASE_URL is set and TIDEMARK_ENCRYPTION_KEY is not: no token can be stored or read. ' +
        '`openssl rand -base64 32` makes a key.',
    );
  }
  if (settings.appId !== undefined && settings.appSecret === undefined) {
    printLine(stderr, 'Warning: META_APP_ID does nothing without META_APP_SECRET: tokens are not exchanged.');
  }
  return settings;
}

type SettingsContext = Pick<CliContext, 'env' | 'cwd' | 'stderr'>;

export async function openSession(
  context: CliContext,
  settings: Settings,
  { logTo = context.stderr, quiet = false, looksOnly = false }: SessionOptions = {},
): Promise<Session> {
  const { createLog } = await import('../telemetry/log.ts');
  const log = createLog(settings, logTo);
  const tidemark = await context.openTidemark(settings, { onEvent: logSyncEvents(log), makesTables: !looksOnly });
  if (settings.databaseUrl === undefined && !quiet) {
    // A DATABASE_URL that stands elsewhere would be missed in silence.
    const folder = relative(context.cwd, settings.dataDir) || '.';
    printLine(context.stderr, `DATABASE_URL is not set: using the embedded PostgreSQL in ${folder}.`);
  }
  const close = (): Promise<void> => tidemark.close();
  return { tidemark, log, close, [Symbol.asyncDispose]: close };
}
