/**
 * Keeps the server to this computer's own programs and pages while it does not ask callers who they are. Listening on
 * a loopback address is not enough, because the user's browser sits inside that border and runs code of any website:
 *
 * - A site can point its own name at 127.0.0.1 (DNS rebinding) and is then same-origin with the server. Its requests
 *   still carry that name, so only loopback names are answered.
 * - A site can post to http://127.0.0.1 without being able to read the answer. The browser says so in
 *   `Sec-Fetch-Site` or `Origin`, neither of which a page can forge.
 *
 * Programs send neither header. Once callers prove who they are, that proof takes the place of this middleware.
 */
import type { MiddlewareHandler } from 'hono';
import { TidemarkError } from '../core/errors.ts';

export const localOnly: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('Host');
  // Both, because behind some adapters the address of the request is made up by the server and not by the caller.
  if (!isLoopbackAddress(c.req.url) || (host !== undefined && !isLoopbackAddress(`http://${host}`))) {
    throw new TidemarkError(
      'REQUEST_NOT_LOCAL',
      'This server answers only to 127.0.0.1, [::1] and localhost; call it by one of these names.',
    );
  }
  const origin = c.req.header('Origin');
  if (isCrossSite(c.req.header('Sec-Fetch-Site')) || (origin !== undefined && !isLoopbackAddress(origin))) {
    throw new TidemarkError(
      'REQUEST_NOT_LOCAL',
      'This server answers no requests that another website makes through a browser; call it from your own server.',
    );
  }
  await next();
};

/** Browsers write it in lower case; a header that came twice is joined by commas. */
function isCrossSite(header: string | undefined): boolean {
  return header?.split(',').some((site) => site.trim().toLowerCase() === 'cross-site') ?? false;
}

function isLoopbackAddress(address: string): boolean {
  // Parsing also turns other spellings (127.1, upper case, 0x7f000001) into the one that is compared.
  if (!URL.canParse(address)) return false;
  const { hostname, protocol } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
