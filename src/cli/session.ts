/** What most commands begin with: the settings, a log on stderr, and an engine that tells it what happens. */
import { type Environment, readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/options.ts';
import type { Tidemark } from '../api/tidemark.ts';
import { createLog } from '../telemetry/log.ts';
import type { Log, LogStream } from '../telemetry/log.ts';
import { logSyncEvents } from '../telemetry/log-sync-events.ts';
import type { Outside } from './outside.ts';

export interface Session extends AsyncDisposable {
  readonly tidemark: Tidemark;
  readonly log: Log;
}

export interface SessionOptions {
  /** Default: stderr. */
  readonly logTo?: LogStream;
}

/** Throws INVALID_SETTING. `defaults` stand in for variables that are not set. */
export function loadSettings({ env, cwd }: Pick<Outside, 'env' | 'cwd'>, defaults: Environment = {}): Settings {
  return readSettings(env, { cwd, defaults });
}

export async function openSession(
  outside: Outside,
  settings: Settings,
  { logTo = outside.stderr }: SessionOptions = {},
): Promise<Session> {
  const log = createLog(settings, logTo);
  const tidemark = await outside.openTidemark(settings, { onEvent: logSyncEvents(log) });
  return { tidemark, log, [Symbol.asyncDispose]: () => tidemark.close() };
}
