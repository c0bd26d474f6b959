/**
 * One connection to PostgreSQL. It is given up as soon as it does not answer: whoever waits for it is told, and nobody
 * gets it again.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { type ConnectionTarget, withoutTls } from './connection-string.ts';

export interface Connection {
  readonly client: pg.Client;
  /** When it was last known to answer, by the monotonic clock. */
  answeredAt: number;
  /** False once it has ended, or has failed to answer in time. */
  readonly isUsable: boolean;
  /** What `send` writes goes out as one piece. */
  sendTogether<T>(send: () => T): T;
  /** Ends it at once; whatever is under way on it rejects. */
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Silence after which the other side is asked whether it is still there. */
const KEEP_ALIVE_MS = 10_000;

/** A time that is none, at infinity or beyond what JavaScript knows, is unknown. */
function toInstant(parsed: Date | number): number | null {
  const at = Number(parsed);
  return Number.isFinite(at) ? at : null;
}

/** timestamptz as milliseconds, int8 as number: no count or fence of ours comes near 2^53. */
const readTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === pg.types.builtins.TIMESTAMPTZ) {
      const parse = pg.types.getTypeParser(oid, 'text') as (value: string) => Date | number;
      return (value: string) => toInstant(parse(value));
    }
    if (oid === pg.types.builtins.INT8) return Number;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** Servers that are known to have no TLS: the next connection need not ask. */
const plainServers = new WeakSet<ConnectionTarget>();

export interface OpenOptions {
  /** Told once, when the connection has ended by itself. */
  readonly onEnd: () => void;
  /** Nobody wants it any more. */
  readonly signal: AbortSignal;
}

export async function openConnection(target: ConnectionTarget, opening: OpenOptions): Promise<Connection> {
  if (plainServers.has(target)) return open(withoutTls(target.connectionString), opening);
  try {
    return await open(target.connectionString, opening);
  } catch (error) {
    const hasNoTls = error instanceof Error && error.message.includes('does not support SSL');
    if (!target.mayBePlain || !hasNoTls) throw error;
    plainServers.add(target);
    return open(withoutTls(target.connectionString), opening);
  }
}

async function open(connectionString: string, { onEnd, signal }: OpenOptions): Promise<Connection> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString,
    stream: () => socket,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A server that vanishes without a word, as in a failover, would be waited for without end.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: readTypes,
    application_name: 'tidemark',
    // A transaction of one statement is one way there and back.
    pipeline: true,
  });
  let isUsable = false;
  const end = () => {
    if (!isUsable) return;
    isUsable = false;
    onEnd();
  };
  client.on('error', end);
  client.on('end', end);
  const giveUp = () => void socket.destroy();
  signal.addEventListener('abort', giveUp);
  try {
    await client.connect();
    isUsable = true;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return {
    client,
    answeredAt: performance.now(),
    get isUsable() {
      return isUsable;
    },
    sendTogether(send) {
      socket.cork();
      try {
        return send();
      } finally {
        socket.uncork();
      }
    },
    destroy() {
      isUsable = false;
      socket.destroy();
    },
  };
}
