/**
 * A way to a server that can go dead without a word, as one through a NAT or to a machine that failed over does: what
 * goes in is taken and never delivered, and nothing comes back. Connections made afterwards work.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SilentProxy extends AsyncDisposable {
  /** The same address through the proxy. */
  through(databaseUrl: string): string;
  /** From now on, every connection that is open is dead. */
  silence(): void;
  /** From now on, new ones are dead too; or live again. */
  silenceAll(isSilent: boolean): void;
}

export async function startSilentProxy(serverUrl: string): Promise<SilentProxy> {
  const target = new URL(serverUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let isSilent = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {});
      from.on('data', (data) => {
        if (pairs.has(pair) && !to.destroyed) to.write(data);
      });
      from.on('close', () => {
        // The end of a dead connection does not come through either.
        if (pairs.has(pair)) to.destroy();
        if (from === near) far.destroy();
      });
    }
    if (isSilent) pairs.delete(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  return {
    through(databaseUrl) {
      const url = new URL(databaseUrl);
      url.port = String(address.port);
      return url.href;
    },
    silence: () => pairs.clear(),
    silenceAll(silent) {
      isSilent = silent;
      if (silent) pairs.clear();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
