/**
 * Which addresses the server may listen on. The API knows no callers yet, so anybody who reaches it could read every
 * conversation: it must never be reachable from another machine.
 */
import { isIP } from 'node:net';
import { TidemarkError } from '../core/errors.ts';

/** Throws INVALID_SETTING unless `host` is reachable from this machine only. */
export function assertLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new TidemarkError(
    'INVALID_SETTING',
    `HOST must be a loopback address (127.0.0.1, ::1 or localhost), not ${JSON.stringify(host)}: the API does not ` +
      'ask callers who they are yet. To reach it from elsewhere, put a proxy that does in front of it.',
  );
}

/** Whether `host` names this machine only. Names other than `localhost` are not resolved and count as reachable. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
}
