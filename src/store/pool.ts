/**
 * The connections of this process, shared by two kinds of work: the mirroring, and whoever reads. Each has a part that
 * the other can never take, so a crowd of readers starves no sync. Nobody waits without end: for a connection, or for
 * one that has gone silent.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Connection, OpenOptions } from './connection.ts';

/** `health` asks whether there is an answer: it goes first, and takes what is free. */
export type Lane = 'work' | 'read' | 'health';

export interface Pool {
  /** Lends a connection. One that `work` fails with is not used again when `work` says so by destroying it. */
  use<T>(lane: Lane, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Ends every connection that nobody uses: one has gone silent, and these may have as well. */
  distrustIdle(): void;
  /** Waits for work under way for as long as `graceMs` says, then cuts it off; asked again with less, sooner. */
  close(graceMs: number): Promise<void>;
}

export interface PoolOptions {
  readonly maxConnections: number;
  readonly open: (options: OpenOptions) => Promise<Connection>;
  /** Whether the server has no connection left for us, as this error says. */
  readonly isFull: (error: unknown) => boolean;
}

interface Waiter {
  readonly lane: Lane;
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: unknown) => void;
}

/** Connections that only readers may use, of all. */
const READ_SHARE = 0.3;
/** Work waits for as long as a lease lasts; a reader is a person. */
const WAIT_MS: Readonly<Record<Lane, number>> = { work: 20_000, read: 5000, health: 5000 };
/** Readers who wait, for each connection they have; who comes then is sent away. */
const READERS_WAITING = 10;
const READ_AGAIN_MS = 2000;
const IDLE_MS = 10_000;
/** A server that was full is asked again after so long, as long as nobody has a connection. */
const FULL_PAUSE_MS = 200;
/** And for one connection more, when some are there. */
const GROW_AGAIN_MS = 30_000;

export function createPool({ maxConnections, open, isFull }: PoolOptions): Pool {
  const all = new Set<Connection>();
  const idle: { readonly connection: Connection; readonly timer: NodeJS.Timeout }[] = [];
  const used: Record<Lane, number> = { work: 0, read: 0, health: 0 };
  let waiting: Waiter[] = [];
  let opening = 0;
  /** Fewer than allowed, while the server refuses more. */
  let limit = maxConnections;
  let growAt = 0;
  let pausedUntil = 0;
  let isClosed = false;
  let emptied: PromiseWithResolvers<void> | undefined;
  /** Aborted when connections that are being opened are to be given up. */
  const ending = new AbortController();
  const isEmpty = () => all.size + opening === 0;

  /** How many a lane may use: with one connection, either may have it. */
  function shareOf(lane: Lane): number {
    if (lane === 'health') return limit;
    const readers = Math.max(1, Math.floor(limit * READ_SHARE));
    return Math.max(1, lane === 'read' ? readers : limit - readers);
  }

  function takeNext(): Waiter | undefined {
    const index = waiting.findIndex(({ lane }) => used[lane] < shareOf(lane));
    return index === -1 ? undefined : waiting.splice(index, 1)[0];
  }

  function serve(): void {
    if (limit < maxConnections && performance.now() >= growAt) {
      limit += 1;
      growAt = performance.now() + GROW_AGAIN_MS;
    }
    while (idle.length > 0 || (all.size + opening < limit && performance.now() >= pausedUntil)) {
      const waiter = takeNext();
      if (waiter === undefined) return;
      used[waiter.lane] += 1;
      const lent = idle.pop();
      if (lent === undefined) void openFor(waiter);
      else {
        clearTimeout(lent.timer);
        waiter.resolve(lent.connection);
      }
    }
  }

  async function openFor(waiter: Waiter): Promise<void> {
    opening += 1;
    let failure: unknown;
    try {
      const connection: Connection = await open({ onEnd: () => forget(connection), signal: ending.signal });
      if (isClosed) connection.destroy();
      else if (connection.isUsable) all.add(connection);
      waiter.resolve(connection);
      return;
    } catch (error) {
      failure = error;
    } finally {
      opening -= 1;
      if (isEmpty()) emptied?.resolve();
    }
    used[waiter.lane] -= 1;
    if (!isClosed && isFull(failure) && mayWait(waiter, failure)) waiting.unshift(waiter);
    else waiter.reject(failure);
    serve();
  }

  /** Makes do with the connections that are there; without any, asks again after a while. */
  function mayWait(waiter: Waiter, failure: unknown): boolean {
    if (all.size > 0) {
      limit = Math.min(limit, all.size);
      growAt = performance.now() + GROW_AGAIN_MS;
      return true;
    }
    lastRefusal.set(waiter, failure);
    const pauseMs = FULL_PAUSE_MS * (1 + Math.random());
    pausedUntil = performance.now() + pauseMs;
    setTimeout(serve, pauseMs + 1);
    return true;
  }

  function forget(connection: Connection): void {
    all.delete(connection);
    const index = idle.findIndex((item) => item.connection === connection);
    if (index !== -1) clearTimeout(idle.splice(index, 1)[0]?.timer);
    if (isEmpty()) emptied?.resolve();
    serve();
  }

  function end(connection: Connection): void {
    if (connection.isUsable) void connection.client.end().catch(() => {});
    forget(connection);
  }

  function giveBack(lane: Lane, connection: Connection): void {
    used[lane] -= 1;
    connection.answeredAt = performance.now();
    if (isClosed || !connection.isUsable || all.size > limit) return end(connection);
    const timer = setTimeout(() => end(connection), IDLE_MS);
    idle.push({ connection, timer });
    serve();
  }

  function take(lane: Lane): Promise<Connection> {
    if (isClosed) throw new TidemarkError('DATABASE_UNAVAILABLE', 'The connections to the database are closed.');
    const crowd = waiting.filter((waiter) => waiter.lane === lane).length;
    if (lane === 'read' && crowd >= READERS_WAITING * shareOf(lane)) throw tooMany(lane);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting = waiting.filter((other) => other !== waiter);
        reject(lastRefusal.get(waiter) ?? tooMany(lane));
      }, WAIT_MS[lane]);
      const waiter: Waiter = {
        lane,
        resolve(connection) {
          clearTimeout(timer);
          resolve(connection);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      if (lane === 'health') waiting.unshift(waiter);
      else waiting.push(waiter);
      serve();
    });
  }

  return {
    async use(lane, work) {
      const connection = await take(lane);
      try {
        return await work(connection);
      } finally {
        giveBack(lane, connection);
      }
    },

    distrustIdle() {
      for (const { connection } of idle.slice()) {
        connection.destroy();
        forget(connection);
      }
    },

    async close(graceMs) {
      isClosed = true;
      const closed = new TidemarkError('DATABASE_UNAVAILABLE', 'The connections to the database are closed.');
      for (const waiter of waiting.splice(0)) waiter.reject(closed);
      for (const { connection } of idle.slice()) end(connection);
      if (isEmpty()) return;
      const cut = setTimeout(() => {
        ending.abort();
        for (const connection of Array.from(all)) {
          connection.destroy();
          forget(connection);
        }
      }, graceMs);
      emptied ??= Promise.withResolvers();
      await emptied.promise;
      clearTimeout(cut);
    },
  };
}

/** What the server said to who has waited in vain for a first connection. */
const lastRefusal = new WeakMap<Waiter, unknown>();

function tooMany(lane: Lane): TidemarkError {
  const who = lane === 'work' ? 'syncs' : 'readers';
  return new TidemarkError(
    'DATABASE_UNAVAILABLE',
    `Too many ${who} wait for a connection to the database (DATABASE_CONNECTIONS says how many there may be).`,
    { retryAfterMs: READ_AGAIN_MS },
  );
}
