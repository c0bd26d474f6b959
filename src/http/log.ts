/**
 * The few words the HTTP server says to a log; a pino logger fits. Nothing of a request may be logged but its method
 * and path: queries and bodies hold what belongs to the user.
 */
import type { MiddlewareHandler } from 'hono';

type Say = (fields: Readonly<Record<string, unknown>>, message: string) => void;

export interface HttpLog {
  readonly debug: Say;
  readonly warn: Say;
  readonly error: Say;
}

const say: Say = () => undefined;
export const SILENT_LOG: HttpLog = { debug: say, warn: say, error: say };

/** One line per request, at debug. */
export function accessLog(log: HttpLog): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const { method, path } = c.req;
    const durationMs = Math.round(performance.now() - startedAt);
    const { status } = c.res;
    log.debug({ method, path, status, durationMs }, `${method} ${path} ${status} ${durationMs} ms`);
  };
}
