/**
 * The API on a socket. It opens and closes the server and nothing more: the engine stays the caller's to close, after
 * the server.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { TidemarkError } from '../core/errors.ts';
import { createApp, type AppOptions } from './app.ts';
import { SILENT_LOG } from './log.ts';
import { onlyHttp1, refuseTunnel } from './malformed.ts';

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

export interface ServerOptions extends AppOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 takes any free port; `url` tells which. */
  readonly port: number;
  /** How long `close` waits for running requests. Default: 10 s. */
  readonly closeTimeoutMs?: number | undefined;
}

export interface RunningServer {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /**
   * Stops accepting, waits for running requests, then cuts those that are left. A sync that is cut off from its client
   * goes on until the engine is closed.
   */
  close(): Promise<void>;
}

/** Listens once it resolves. Rejects with PORT_IN_USE, or INVALID_SETTING when the address can't be listened on. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, log = SILENT_LOG, closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = options;
  const app = createApp(options);
  // Node bounds only how long a request may take to arrive (5 minutes), never how long its answer takes: a sync may run
  // for as long as it needs. The global Request and Response are left alone, for they belong to the whole process.
  const listener = getRequestListener(app.fetch, { hostname: host, overrideGlobalObjects: false });
  const server = createServer(onlyHttp1(listener)).on('connect', refuseTunnel);
  const running = trackRequests(server);
  await listen(server, { host, port });
  server.on('error', (error) => log.error({ err: error }, 'The HTTP server reported a fault'));

  let closed: Promise<void> | undefined;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${boundPort(server)}`,
    close: () => (closed ??= closeServer({ server, running, timeoutMs: closeTimeoutMs })),
  };
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw toListenError(error, `${host}:${port}`);
  }
}

function toListenError(error: unknown, address: string): TidemarkError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (reason === 'EADDRINUSE') {
    const advice = 'end it, or set PORT to another one';
    return new TidemarkError('PORT_IN_USE', `Something else already listens on ${address}; ${advice}.`, {
      cause: error,
    });
  }
  return new TidemarkError('INVALID_SETTING', `Cannot listen on ${address} (${reason}); check HOST and PORT.`, {
    cause: error,
  });
}

function boundPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Broken assumption: listens on a TCP port');
  return address.port;
}

interface RunningRequests {
  /** Resolves when no request is running. */
  finished(): Promise<void>;
}

function trackRequests(server: Server): RunningRequests {
  let count = 0;
  let onIdle: () => void = () => undefined;
  server.on('request', (_request, response) => {
    count += 1;
    response.once('close', () => {
      count -= 1;
      if (count === 0) onIdle();
    });
  });
  return {
    finished: async () => {
      if (count === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    },
  };
}

async function closeServer(closing: {
  readonly server: Server;
  readonly running: RunningRequests;
  readonly timeoutMs: number;
}): Promise<void> {
  const { server, running, timeoutMs } = closing;
  const closed = once(server, 'close');
  server.close();
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, timeoutMs);
  await Promise.race([running.finished(), timeout.promise]);
  clearTimeout(timer);
  server.closeAllConnections();
  await closed;
}
