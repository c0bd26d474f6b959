/**
 * Headers that keep a browser from making more of an answer than it is. They go on every answer, refusals included.
 */
import type { MiddlewareHandler } from 'hono';

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Referrer-Policy', 'no-referrer');
  // Conversations are private and change all the time: no cache may keep them, and no other site may embed them.
  // A proxy that packs a stream anew would hold events back and hand on several as one chunk.
  const isStream = c.res.headers.get('Content-Type')?.startsWith('text/event-stream') ?? false;
  c.header('Cache-Control', isStream ? 'no-store, no-transform' : 'no-store');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
  c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
};
