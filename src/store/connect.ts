/**
 * The connection to PostgreSQL: a pool, the types we read, and the translation of its failures. Nothing here keeps
 * state in a session or names a statement, so a transaction pooler may sit in between.
 */
import pg from 'pg';
import { toDatabaseError } from './database-errors.ts';

export type Row = Record<string, unknown>;

export interface Database {
  /** Runs one statement; all its effects or none. Rejects with a TidemarkError when the database is away. */
  query<R extends Row>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>;
  /**
   * Runs the SQL of another package: one statement with values or several without, answered in the driver's own types.
   * A script that fails takes its connection with it, and so whatever transaction it left open.
   */
  script(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs several statements as one transaction on one connection. */
  transaction<T>(work: (query: Database['query']) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly connectionString: string;
  /** Connections at most. Default: 10. */
  readonly maxConnections?: number;
}

/** What PostgreSQL accepts as uuid, in the usual form: asked for anything else, it would refuse the statement. */
export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const CONNECT_TIMEOUT_MS = 10_000;
/** Silence after which the other side is asked whether it is still there. */
const KEEP_ALIVE_MS = 10_000;

/** timestamptz as milliseconds, int8 as number: no count or fence of ours comes near 2^53. */
const readTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === pg.types.builtins.TIMESTAMPTZ) {
      const parse = pg.types.getTypeParser(oid, 'text') as (value: string) => Date | number;
      return (value: string) => Number(parse(value));
    }
    if (oid === pg.types.builtins.INT8) return Number;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** Opens a pool; connects on first use. */
export function connect(options: ConnectOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A server that vanishes without a word, as in a failover, would be waited for without end.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: readTypes,
    application_name: 'tidemark',
  });
  // An idle connection that breaks is no failure of anybody's work: the pool replaces it, and the next query tells.
  pool.on('error', ignore);

  return {
    async query<R extends Row>(sql: string, values?: readonly unknown[]) {
      return run(async () => (await pool.query<R>(sql, values as unknown[] | undefined)).rows);
    },
    async script(sql, values) {
      const query = { text: sql, types: pg.types, ...(values !== undefined && { values: [...values] }) };
      const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await run(() => pool.query<Row>(query));
      return Array.isArray(answer) ? answer.flatMap(({ rows }) => rows) : answer.rows;
    },
    async transaction(work) {
      const client = await run(() => pool.connect());
      // A connection may break between two statements: the next one tells.
      client.on('error', ignore);
      try {
        await run(() => client.query('BEGIN'));
        const result = await work((sql, values) =>
          run(async () => (await client.query(sql, values as unknown[] | undefined)).rows),
        );
        await run(() => client.query('COMMIT'));
        client.off('error', ignore);
        client.release();
        return result;
      } catch (error) {
        // The connection may be in the middle of anything: end it, which also rolls back.
        client.release(true);
        throw error;
      }
    },
    close: () => pool.end(),
  };
}

function ignore(): void {}

async function run<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDatabaseError(error);
  }
}
