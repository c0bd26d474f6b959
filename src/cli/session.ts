/** What most commands begin with: the settings, a log on stderr, and an engine that tells it what happens. */
import { type Environment, findUnknownVariables, readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/options.ts';
import type { Tidemark } from '../api/tidemark.ts';
import { createLog } from '../telemetry/log.ts';
import type { Log, LogStream } from '../telemetry/log.ts';
import { logSyncEvents } from '../telemetry/log-sync-events.ts';
import type { CliContext } from './context.ts';
import { printLine } from './print.ts';

export interface Session extends AsyncDisposable {
  readonly tidemark: Tidemark;
  readonly log: Log;
}

export interface SessionOptions {
  /** Default: stderr. */
  readonly logTo?: LogStream;
  /** Only looks: makes no tables in a database that has never been Tidemark's. Default: false. */
  readonly looksOnly?: boolean;
}

/** Throws INVALID_SETTING, and warns of variables that nothing reads. `defaults` stand in for those not set. */
export function loadSettings({ env, cwd, stderr }: SettingsContext, defaults: Environment = {}): Settings {
  const settings = readSettings(env, { cwd, defaults });
  for (const warning of findUnknownVariables(env, cwd)) printLine(stderr, `Warning: ${warning}`);
  return settings;
}

type SettingsContext = Pick<CliContext, 'env' | 'cwd' | 'stderr'>;

export async function openSession(
  context: CliContext,
  settings: Settings,
  { logTo = context.stderr, looksOnly = false }: SessionOptions = {},
): Promise<Session> {
  const log = createLog(settings, logTo);
  const tidemark = await context.openTidemark(settings, { onEvent: logSyncEvents(log), makesTables: !looksOnly });
  return { tidemark, log, [Symbol.asyncDispose]: () => tidemark.close() };
}
