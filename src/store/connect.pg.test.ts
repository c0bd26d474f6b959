/** A database that is away, or will not have us: told in a sentence that never holds the password. */
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createTestDatabase, describeEachPostgres } from '../../test/support/postgres.ts';
import { isTidemarkError, type TidemarkError } from '../core/errors.ts';
import { connect, type Database } from './connect.ts';

const PASSWORD = 'hunter2-very-secret';

function open(connectionString: string): Database {
  const database = connect({ connectionString });
  onTestFinished(() => database.close());
  return database;
}

async function refusal(work: Promise<unknown>): Promise<TidemarkError> {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (!isTidemarkError(error)) throw error;
  return error;
}

/** Everything that a log could print of an error: its causes, hidden fields and stack included. */
function printed(error: unknown): string {
  return inspect(error, { depth: 12, showHidden: true });
}

function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

/** A port at which something listens that is no PostgreSQL: it answers the request for TLS, and no more. */
async function listenOnce(answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  return address.port;
}

describeEachPostgres('a database', (version) => {
  const serverUrl = () => inject('postgresUrls')[version];

  it.each([
    ['whose password is wrong', (url: URL) => (url.password = PASSWORD), /refuses the password/],
    [
      'whose user is unknown',
      (url: URL) => Object.assign(url, { username: 'nobody', password: PASSWORD }),
      /refuses the password/,
    ],
    ['of another name', (url: URL) => (url.pathname = '/nowhere'), /no such database/],
    ['that is asked for TLS and has none', (url: URL) => url.searchParams.set('sslmode', 'verify-full'), /encrypted/],
  ])('%s is DATABASE_UNAVAILABLE', async (_, change, sentence) => {
    const url = changed(serverUrl(), change);
    const error = await refusal(open(url).query('SELECT 1'));
    expect(error.code).toBe('DATABASE_UNAVAILABLE');
    expect(error.message).toMatch(sentence);
    for (const secret of [PASSWORD, new URL(serverUrl()).password]) expect(printed(error)).not.toContain(secret);
  });

  it('that ends a connection in the middle of a query is DATABASE_UNAVAILABLE, and there again for the next one', async () => {
    const database = open(serverUrl());
    const killer = open(serverUrl());
    const pidOf = async (query: Database['query']) =>
      (await query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid ?? 0;
    const error = await database
      .transaction(async (query) => {
        const pid = await pidOf(query);
        const slow = refusal(query('SELECT pg_sleep(600)'));
        const isBusy = async () =>
          (await killer.query(`SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`, [pid]))
            .length === 1;
        await expect.poll(isBusy, { interval: 20 }).toBe(true);
        await killer.query('SELECT pg_terminate_backend($1)', [pid]);
        return slow;
      })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: 5000 });
    expect(printed(error)).not.toContain(new URL(serverUrl()).password);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('that ends a connection between two statements of a transaction fails the next statement, not the process', async () => {
    const database = open(serverUrl());
    const killer = open(serverUrl());
    const error = await refusal(
      database.transaction(async (query) => {
        const [row] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await killer.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        const isGone = async () =>
          (await killer.query('SELECT FROM pg_stat_activity WHERE pid = $1', [row?.pid])).length === 0;
        await expect.poll(isGone, { interval: 20 }).toBe(true);
        await query('SELECT 1');
      }),
    );
    expect(error.code).toBe('DATABASE_UNAVAILABLE');
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('that gives up a statement may have time for it later', async () => {
    const database = connect({ connectionString: serverUrl(), statementTimeoutMs: 20 });
    onTestFinished(() => database.close());
    const error = await refusal(database.query('SELECT pg_sleep(600)'));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: 5000 });
    expect(error.message).toContain('too busy');
  });

  it('that is read-only says so', async () => {
    const url = changed(serverUrl(), (asked) =>
      asked.searchParams.set('options', '-c default_transaction_read_only=on'),
    );
    const error = await refusal(open(url).query('CREATE TABLE never (a int)'));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('read-only') });
  });

  it('that was rolled back is as it was before', async () => {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    const database = connect({ connectionString: url });
    await expect(
      database.transaction(async (query) => {
        await query('CREATE TABLE half_made (a int)');
        throw new Error('cut short');
      }),
    ).rejects.toThrow('cut short');
    expect(await database.query(`SELECT to_regclass('half_made')::text AS made`)).toEqual([{ made: null }]);
    await database.close();
    expect((await refusal(database.query('SELECT 1'))).code).toBe('DATABASE_UNAVAILABLE');
  });
});

describe('a connection string', () => {
  it('that leads nowhere is DATABASE_UNAVAILABLE, and may lead somewhere later', async () => {
    const port = await listenOnce('');
    for (const url of [`postgres://me:${PASSWORD}@127.0.0.1:1/db`, `postgres://me:${PASSWORD}@127.0.0.1:${port}/db`]) {
      const error = await refusal(open(url).query('SELECT 1'));
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: 5000 });
      expect(printed(error)).not.toContain(PASSWORD);
    }
  });

  it('to something that only pretends to speak TLS says that no encrypted connection could be made', async () => {
    const port = await listenOnce('SHTTP/1.1 400 Bad Request\r\n\r\n');
    const error = await refusal(
      open(`postgres://me:${PASSWORD}@127.0.0.1:${port}/db?sslmode=verify-full`).query('SELECT 1'),
    );
    expect(error.code).toBe('DATABASE_UNAVAILABLE');
    expect(error.message).toContain('encrypted');
    expect(printed(error)).not.toContain(PASSWORD);
  });

  it('that cannot be read is INVALID_SETTING, and is not repeated', async () => {
    for (const url of [`postgres://me:${PASSWORD}@host:port/db`, `postgres://me:${PASSWORD}@[::1/db`]) {
      const error = await refusal(open(url).query('SELECT 1'));
      expect(error.code).toBe('INVALID_SETTING');
      expect(printed(error)).not.toContain(PASSWORD);
    }
  });
});
