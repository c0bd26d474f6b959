/** What most commands begin with: the settings, a log on stderr, and an engine that tells it what happens. */
import { readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/options.ts';
import type { Tidemark } from '../core/engine-api.ts';
import { createLog } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { logSyncEvents } from '../telemetry/log-sync-events.ts';
import type { Outside } from './outside.ts';

export interface Session extends AsyncDisposable {
  readonly tidemark: Tidemark;
  readonly log: Log;
}

/** Throws INVALID_SETTING. */
export function loadSettings({ env, cwd }: Pick<Outside, 'env' | 'cwd'>): Settings {
  return readSettings(env, { cwd });
}

export async function openSession(outside: Outside, settings: Settings): Promise<Session> {
  const log = createLog(settings, outside.stderr);
  const tidemark = await outside.openTidemark(settings, { onEvent: logSyncEvents(log) });
  return { tidemark, log, [Symbol.asyncDispose]: () => tidemark.close() };
}
