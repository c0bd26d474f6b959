/** Requests whose first line is not what HTTP/1 says, or whose path cannot be read: 400, and nothing is looked up. */
import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MiddlewareHandler } from 'hono';
import { TidemarkError } from '../core/errors.ts';

/** A path with an escape that stands for no character names no route. */
export const readablePath: MiddlewareHandler = async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    throw new TidemarkError(
      'INVALID_INPUT',
      'The path of the request holds an escape (%) that stands for no character.',
    );
  }
  await next();
};

/** What is no HTTP/1, though Node reads a request of HTTP 0.9 in it, never reaches `listener`. */
export function onlyHttp1(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.httpVersionMajor >= 1) return listener(request, response);
    refuseTunnel(request, request.socket);
  };
}

/** Nor does a request for a tunnel. */
export function refuseTunnel(_request: unknown, socket: Duplex): void {
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
