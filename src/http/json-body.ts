/**
 * Reads the request body as JSON whatever its Content-Type says, within a bound, and hands it on as JSON; an empty
 * body counts as `{}`. Neither the text nor the parser's message, which quotes it, may leave this file: the body may
 * hold a token.
 */
import type { MiddlewareHandler } from 'hono';
import { TidemarkError } from '../core/errors.ts';
import { readBytes } from './raw-body.ts';

export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Route middleware; runs before the schema. Throws BODY_TOO_LARGE or INVALID_JSON.
 *
 * Any Content-Type is fine because clients forget the header. Browsers let every website post `text/plain` without
 * asking first, so whatever guards the routes must not count on the header either.
 */
export const jsonBody: MiddlewareHandler = async (c, next) => {
  const text = new TextDecoder().decode(await readBytes(c.req.raw, MAX_BODY_BYTES));
  const json = text.trim() === '' ? '{}' : text;
  assertJson(json);
  const headers = new Headers(c.req.raw.headers);
  headers.set('Content-Type', 'application/json');
  headers.delete('Content-Length');
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers, body: json });
  await next();
};

function assertJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new TidemarkError('INVALID_JSON', 'The request body is not JSON; send a JSON object.');
  }
}
