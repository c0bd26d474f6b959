/** A small HTTP server that answers from a script and remembers what it was asked. For tests only. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The client's port: the same for requests over the same connection. */
  readonly connection: number;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead of `json`. */
  readonly text?: string;
  readonly isPacked?: boolean;
  /** `hang`: no answer. `reset`: the connection is cut. `cut`: it is cut in the middle of the body. */
  readonly fault?: 'hang' | 'reset' | 'cut';
}

export interface StubServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
}

/** Answers the n-th request with the n-th reply, and all further ones with the last. */
export async function startStub(
  ...replies: readonly (Reply | ((request: SeenRequest) => Reply))[]
): Promise<StubServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const asked: SeenRequest = {
      method: request.method ?? '',
      url: new URL(request.url ?? '', 'http://stub.invalid'),
      headers: request.headers,
      body: await text(request),
      connection: request.socket.remotePort ?? 0,
    };
    const step = replies[Math.min(seen.length, replies.length - 1)] ?? {};
    seen.push(asked);
    const reply = typeof step === 'function' ? step(asked) : step;
    if (reply.fault === 'hang') return;
    if (reply.fault === 'reset') {
      request.socket.destroy();
      return;
    }
    const body = reply.text ?? JSON.stringify(reply.json ?? {});
    const bytes = reply.isPacked ? gzipSync(body) : Buffer.from(body);
    response.writeHead(reply.status ?? 200, {
      'content-type': 'application/json; charset=UTF-8',
      'content-length': String(bytes.length),
      ...(reply.isPacked ? { 'content-encoding': 'gzip' } : {}),
      ...reply.headers,
    });
    if (reply.fault === 'cut') {
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
      return;
    }
    response.end(bytes);
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
      server.close(() => onClosed());
      await closed;
    },
  };
}
