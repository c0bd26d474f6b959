/** What most commands begin with: the settings, a log on stderr, and an engine that tells it what happens. */
import { type Environment, readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/options.ts';
import type { Tidemark } from '../api/tidemark.ts';
import { createLog } from '../telemetry/log.ts';
import type { Log, LogStream } from '../telemetry/log.ts';
import { logSyncEvents } from '../telemetry/log-sync-events.ts';
import type { CliContext } from './context.ts';

export interface Session extends AsyncDisposable {
  readonly tidemark: Tidemark;
  readonly log: Log;
}

export interface SessionOptions {
  /** Default: stderr. */
  readonly logTo?: LogStream;
}

/** Throws INVALID_SETTING. `defaults` stand in for variables that are not set. */
export function loadSettings({ env, cwd }: Pick<CliContext, 'env' | 'cwd'>, defaults: Environment = {}): Settings {
  return readSettings(env, { cwd, defaults });
}

export async function openSession(
  context: CliContext,
  settings: Settings,
  { logTo = context.stderr }: SessionOptions = {},
): Promise<Session> {
  const log = createLog(settings, logTo);
  const tidemark = await context.openTidemark(settings, { onEvent: logSyncEvents(log) });
  return { tidemark, log, [Symbol.asyncDispose]: () => tidemark.close() };
}
