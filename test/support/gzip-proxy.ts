/**
 * A web server in front of the API, as Next.js rewrites and other proxies are: it packs every answer that may be
 * changed on the way, and what it packs is held back until there is enough of it.
 */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip } from 'node:zlib';

export interface GzipProxy extends AsyncDisposable {
  readonly url: string;
}

export async function startGzipProxy(target: string): Promise<GzipProxy> {
  const server = createServer((asked, answer) => {
    const { host: _host, ...headers } = asked.headers;
    const onward = request(`${target}${asked.url}`, { method: asked.method ?? 'GET', headers }, (response) => {
      const mayChange = !/no-transform/i.test(response.headers['cache-control'] ?? '');
      const isPacked = mayChange && /gzip/.test(String(asked.headers['accept-encoding']));
      answer.writeHead(response.statusCode ?? 502, {
        ...response.headers,
        ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
      });
      answer.flushHeaders();
      if (isPacked) response.pipe(createGzip()).pipe(answer);
      else response.pipe(answer);
    });
    asked.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
