/**
 * The way to PostgreSQL. Every statement is a transaction of its own whose isolation and settings it says itself, so
 * nothing that a role, a database or a pooler is set to changes what it does. Nothing here keeps state in a session or
 * names a statement, so a transaction pooler may sit in between.
 */
import pg from 'pg';
import { must } from '../lib/must.ts';
import { sleep } from '../lib/sleep.ts';
import { type Connection, openConnection } from './connection.ts';
import { type ConnectionTarget, readConnectionString } from './connection-string.ts';
import { didNothing, isBroken, isServerFull, isSilence, toDatabaseError, wasCutOff } from './database-errors.ts';
import { createPool, type Lane } from './pool.ts';
import { ASK_FACTS, type ServerFacts, toFacts } from './server-facts.ts';
import { createOpening, type Opening } from './session.ts';

export type Row = Record<string, unknown>;

export interface Database {
  /**
   * Runs one statement; all its effects or none. One that did nothing because of others (a deadlock) is tried again.
   * Rejects with a TidemarkError when the database is away.
   */
  query<R extends Row>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>;
  /**
   * Runs the SQL of another package: one statement with values or several without, answered in the driver's own types.
   * A script that fails takes its connection with it, and so whatever transaction it left open.
   */
  script(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /**
   * Runs several statements as one transaction on one connection; from its start again when it did nothing because of
   * others. `isLong`: its statements may take minutes, as a migration does.
   */
  transaction<T>(work: (query: Database['query']) => Promise<T>, options?: { readonly isLong?: boolean }): Promise<T>;
  /** The same database for who only looks: with connections of its own, and little time. */
  readonly reader: Queryable;
  /** The same for who asks whether it answers: never kept waiting by others' work. */
  readonly health: Queryable;
  /** What the server said of itself, and the schema that the connection string asks for. */
  findFacts(): Promise<ServerFacts & { readonly askedSchema: string | undefined }>;
  /** Waits for what is under way; for 5 s by default, then cuts it off. Asked again with less, sooner. */
  close(graceMs?: number): Promise<void>;
}

export type Queryable = Pick<Database, 'query'>;

export interface ConnectOptions {
  readonly connectionString: string;
  /** Connections at most, readers' included. Default: 7, so that two processes fit into a pool of 15. */
  readonly maxConnections?: number | undefined;
  /** How long a statement may take. Default: 20 s. */
  readonly statementTimeoutMs?: number | undefined;
  /** Schema of all tables. Default: the first one of the connection's search_path. */
  readonly schema?: string | undefined;
}

/** What PostgreSQL accepts as uuid, in the usual form: asked for anything else, it would refuse the statement. */
export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const MAX_CONNECTIONS = 7;
const STATEMENT_MS = 20_000;
const READ_MS = 10_000;
const LONG_MS = 600_000;
/** The queue's package makes and keeps its tables by scripts; they wait for each other for half a minute at most. */
const SCRIPT_MS = 120_000;
/** Nothing is quicker than beginning a transaction: who does not answer that is not there. A pooler may queue us first. */
const ANSWER_MS = 5000;
/** A connection that nobody used for this long is asked whether it answers before anything is sent that does something. */
const TRUSTED_MS = 2000;
const GREETING_MS = 2500;
/** What a statement may take longer than the server allows it, on its way. */
const WAY_MS = 3000;
const CLOSE_GRACE_MS = 5000;
/**
 * For how long what did nothing is tried again, and the longest pause after the first time; it doubles up to the last
 * one. An application that updates all rows all the time deadlocks two of three tries.
 */
const TRY_FOR_MS = 40_000;
const TRY_AGAIN_MS = 25;
const LONGEST_PAUSE_MS = 1500;

/** A script that is a transaction already; its beginning is replaced by ours. */
const OWN_TRANSACTION = /^\s*BEGIN;/;
const OUTSIDE_TRANSACTIONS = /\b(?:CONCURRENTLY|VACUUM)\b/i;

interface Step {
  readonly lane: Lane;
  readonly limitMs: number;
}

/** Opens a pool; connects on first use. */
export function connect(options: ConnectOptions): Database {
  let target: ConnectionTarget | undefined;
  const findTarget = () => (target ??= readConnectionString(options.connectionString));
  const pool = createPool({
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    open: (opening) => openConnection(findTarget(), opening),
    isFull: isServerFull,
  });
  let server: { readonly facts: ServerFacts; readonly toOpening: Opening } | undefined;

  const work = { lane: 'work', limitMs: options.statementTimeoutMs ?? STATEMENT_MS } as const;
  const read = { lane: 'read', limitMs: Math.min(READ_MS, work.limitMs) } as const;
  const health = { lane: 'health', limitMs: 2000 } as const;
  const long = { lane: 'work', limitMs: LONG_MS } as const;
  const scripted = { lane: 'work', limitMs: SCRIPT_MS } as const;

  /** Lends a connection, and what its transactions begin with. One that does not answer is ended. */
  async function use<T>(
    { lane, limitMs }: Step,
    task: (client: pg.Client, opening: string, connection: Connection) => Promise<T>,
  ): Promise<T> {
    return pool.use(lane, async (connection) => {
      try {
        if (performance.now() - connection.answeredAt > TRUSTED_MS) await greet(connection.client);
        server ??= await askServer(connection.client, options.schema);
        return await task(connection.client, server.toOpening(limitMs), connection);
      } catch (error) {
        if (isSilence(error)) {
          connection.destroy();
          pool.distrustIdle();
        }
        throw error;
      }
    });
  }

  /** The same for work that may fail in the middle of a transaction: the connection ends with it, which rolls back. */
  function useUp<T>(step: Step, task: (client: pg.Client, opening: string) => Promise<T>): Promise<T> {
    return use(step, async (client, opening, connection) => {
      try {
        return await task(client, opening);
      } catch (error) {
        connection.destroy();
        throw error;
      }
    });
  }

  /** One statement or script between the beginning and the end of a transaction, all on their way at once. */
  function one<R extends Row>(step: Step, query: Asked): Promise<readonly R[]> {
    const answerMs = step.limitMs + WAY_MS;
    return again(() =>
      use(step, async (client, opening, connection) => {
        const [opened, answer, ended] = await connection.sendTogether(() =>
          Promise.allSettled([
            client.query(within(ANSWER_MS, { text: opening })),
            client.query<R>(toConfig(query)),
            // Answered after the statement, so its deadline is that of both.
            client.query(within(answerMs, { text: 'COMMIT' })),
          ]),
        );
        // One that was not answered in time ends the connection, and with it those before and after.
        for (const end of [opened, answer, ended]) {
          if (end.status === 'rejected' && isSilence(end.reason)) throw end.reason;
        }
        // The first that failed is why the others did.
        if (ended.status === 'rejected') connection.destroy();
        if (opened.status === 'rejected') throw failedAt('opening', opened.reason);
        if (answer.status === 'rejected') throw failedAt('statement', answer.reason);
        if (ended.status === 'rejected') throw ended.reason;
        return rowsOf(answer.value);
      }),
    );
  }

  return {
    query: (sql, values) => one(work, { text: sql, values }),
    reader: { query: (sql, values) => one(read, { text: sql, values }) },
    health: { query: (sql, values) => one(health, { text: sql, values }) },

    script(sql, values) {
      const query = { text: sql, values, types: pg.types };
      if (values !== undefined) return one(work, query);
      const isOwn = OWN_TRANSACTION.test(sql);
      if (!isOwn && !OUTSIDE_TRANSACTIONS.test(sql)) return one(scripted, query);
      return again(() =>
        useUp(scripted, async (client, opening) => {
          const text = sql.replace(OWN_TRANSACTION, `${opening};`);
          const answer = await client.query<Row>(within(SCRIPT_MS + WAY_MS, { ...query, text }));
          return rowsOf(answer);
        }),
      );
    },

    transaction(steps, { isLong = false } = {}) {
      const step = isLong ? long : work;
      const answerMs = step.limitMs + WAY_MS;
      return again(() =>
        useUp(step, async (client, opening) => {
          await client.query(within(ANSWER_MS, { text: opening })).catch((error: unknown) => {
            throw failedAt('opening', error);
          });
          const result = await steps((sql, values) =>
            tell(async () => rowsOf(await client.query(within(answerMs, { text: sql, values })))),
          );
          const { command } = await client.query(within(answerMs, { text: 'COMMIT' }));
          // The answer to who has swallowed a failure of a statement before it.
          if (command === 'ROLLBACK') throw new Error('A statement of the transaction had failed; it was rolled back.');
          return result;
        }),
      );
    },

    findFacts: () =>
      tell(async () => {
        const askedSchema = options.schema ?? findTarget().askedSchema;
        const { facts } = server ?? (await use(work, async () => must(server, 'it is asked before anything else')));
        return { ...facts, askedSchema };
      }),

    close: (graceMs = CLOSE_GRACE_MS) => pool.close(graceMs),
  };
}

interface Asked {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  readonly types?: pg.CustomTypesConfig;
}

/** A query as the driver takes it, with a deadline at which it ends the connection. */
function within(answerMs: number, query: Asked): pg.QueryConfig {
  const timed = { ...toConfig(query), query_timeout: answerMs };
  return timed;
}

function toConfig({ values, ...rest }: Asked): pg.QueryConfig {
  return values === undefined ? rest : { ...rest, values: [...values] };
}

function rowsOf<R extends Row>(answer: pg.QueryResult<R> | readonly pg.QueryResult<R>[]): readonly R[] {
  return 'rows' in answer ? answer.rows : answer.flatMap(({ rows }) => rows);
}

async function askServer(client: pg.Client, schema: string | undefined) {
  const question = { text: ASK_FACTS, values: [schema ?? null] };
  const { rows } = await client.query<{ facts: string }>(within(ANSWER_MS, question));
  const facts = toFacts(must(rows[0], 'a SELECT without FROM gives one row').facts, schema);
  return { facts, toOpening: createOpening(facts) };
}

/** Without an answer nothing was asked yet, and another connection may do. */
async function greet(client: pg.Client): Promise<void> {
  await client.query(within(GREETING_MS, { text: 'SELECT 1' })).catch((error: unknown) => {
    throw failedAt('greeting', error);
  });
}

/** How far a transaction had come that failed. */
const failures = new WeakMap<object, TransactionStep>();

type TransactionStep = 'greeting' | 'opening' | 'statement';

function failedAt(step: TransactionStep, error: unknown): unknown {
  if (error instanceof Error) failures.set(error, step);
  return error;
}

/**
 * Whether a transaction did nothing, and may as well be begun again at once: others were in its way, or its connection
 * was gone before it began, or the server ended it before the commit. Of silence in between nobody knows what was done.
 */
function isVoid(error: unknown): boolean {
  if (didNothing(error)) return true;
  const step = error instanceof Error ? failures.get(error) : undefined;
  if (step === 'greeting') return isBroken(error) || isSilence(error);
  return step === 'opening' ? isBroken(error) : step === 'statement' && wasCutOff(error);
}

async function again<T>(work: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + TRY_FOR_MS;
  for (let pauseMs = TRY_AGAIN_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isVoid(error) || performance.now() >= endsAt) throw toDatabaseError(error);
      await sleep(Math.random() * pauseMs);
    }
  }
}

async function tell<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDatabaseError(error);
  }
}
