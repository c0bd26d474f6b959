/** A Facebook that words its answers otherwise: what the simulator answers, changed on its way. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RewritingProxy extends AsyncDisposable {
  readonly url: string;
  /** Whose answers they are; to be set before the first call. */
  target: string;
  /** Changes the text of an answer. */
  rewrite: (text: string) => string;
}

export async function startRewritingProxy(): Promise<RewritingProxy> {
  const server = createServer((asked, answer) => {
    const { authorization = '' } = asked.headers;
    void fetch(`${proxy.target}${asked.url}`, { headers: { authorization } }).then(async (response) => {
      const headers = Object.fromEntries(response.headers);
      const { 'content-length': _length, connection: _connection, ...kept } = headers;
      answer.writeHead(response.status, kept).end(proxy.rewrite(await response.text()));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: RewritingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    rewrite: (text) => text,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
