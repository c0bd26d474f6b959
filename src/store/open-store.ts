/**
 * The store as the engine holds it: a database of the user's or the embedded one, migrated, with the key that its
 * tokens are encrypted with.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Secret } from '../lib/secret.ts';
import { sleep } from '../lib/sleep.ts';
import { connect, type Database } from './connect.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { readOrMakeKey } from './key-file.ts';
import { findSchemaVersion, migrate, readMigrations } from './migrate.ts';
import { createTokenCipher, type TokenCipher } from './token-cipher.ts';

export interface StoreOptions {
  /** Default: the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Connections of this process at most. Default: 7. */
  readonly maxConnections?: number | undefined;
  /** Of all tables. Default: the connection's. */
  readonly schema?: string | undefined;
  /** Whether a database of the user's that has never been Tidemark's gets its tables. Default: true. */
  readonly makesTables?: boolean | undefined;
  readonly dataDir: string;
  /** Default: a key file in `dataDir`, with the embedded PostgreSQL only. */
  readonly encryptionKey: Secret | undefined;
}

export interface Store {
  readonly database: Database;
  readonly cipher: TokenCipher;
  /** Only of the embedded server. */
  readonly embeddedDatabaseUrl: string | undefined;
  /** Rejects with what keeps the database from being used. */
  checkReady(): Promise<void>;
  close(): Promise<void>;
}

export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, dataDir } = options;
  let embedded: EmbeddedPostgres | undefined;
  if (databaseUrl === undefined) embedded = await startEmbeddedPostgres({ dataDir });
  const database = connect({
    connectionString: databaseUrl ?? embedded?.connectionString ?? '',
    maxConnections: options.maxConnections,
    schema: options.schema,
  });
  const close = async () => {
    await database.close();
    await embedded?.stop();
  };
  try {
    const key = options.encryptionKey ?? (embedded && (await readOrMakeKey(dataDir)));
    const cipher = createTokenCipher(key);
    // The embedded database is nobody else's.
    await migrate(database, { makesTables: embedded !== undefined || options.makesTables });
    return {
      database,
      cipher,
      embeddedDatabaseUrl: embedded?.connectionString,
      checkReady: () => requireReady(database),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const READY_MS = 3000;

/** Answers in any case: who supervises does not wait. */
async function requireReady(database: Database): Promise<void> {
  const over = new AbortController();
  const silent = sleep(READY_MS, over.signal).then(() => {
    throw new TidemarkError('DATABASE_UNAVAILABLE', `The database has not answered for ${READY_MS / 1000} s.`, {
      retryAfterMs: READY_MS,
    });
  });
  const ready = (async () => {
    await requireWritable(database);
    await requireSchema(database);
  })();
  // Whichever comes second is nobody's any more.
  for (const end of [silent, ready]) end.catch(() => {});
  await Promise.race([ready, silent]).finally(() => over.abort());
}

/** After a failover, an old address may lead to a server that only reads. */
async function requireWritable({ health }: Database): Promise<void> {
  const [row] = await health.query<{ standby: boolean; read_only: boolean }>(
    `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only')::boolean AS read_only`,
  );
  if (row?.read_only !== true) return;
  const reason = row.standby
    ? 'it is a standby, which only reads'
    : 'it is set to read-only (default_transaction_read_only)';
  throw new TidemarkError('DATABASE_UNAVAILABLE', `The database cannot be used: ${reason}.`);
}

async function requireSchema({ health }: Database): Promise<void> {
  const version = await findSchemaVersion(health);
  const newest = readMigrations().at(-1)?.version ?? 0;
  if (version < newest) {
    throw new TidemarkError('SCHEMA_MISSING', `The database is at schema version ${version} of ${newest}.`);
  }
}
