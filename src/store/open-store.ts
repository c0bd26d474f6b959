/**
 * The store as the engine holds it: a database of the user's or the embedded one, migrated, with the key that its
 * tokens are encrypted with.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Secret } from '../lib/secret.ts';
import { connect, type Database } from './connect.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { readOrMakeKey } from './key-file.ts';
import { findSchemaVersion, migrate, readMigrations } from './migrate.ts';
import { createTokenCipher, type TokenCipher } from './token-cipher.ts';

export interface StoreOptions {
  /** Default: the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
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
  const database = connect({ connectionString: databaseUrl ?? embedded?.connectionString ?? '' });
  const close = async () => {
    await database.close();
    await embedded?.stop();
  };
  try {
    const key = options.encryptionKey ?? (embedded && (await readOrMakeKey(dataDir)));
    const cipher = createTokenCipher(key);
    await migrate(database);
    return {
      database,
      cipher,
      embeddedDatabaseUrl: embedded?.connectionString,
      checkReady: () => requireSchema(database),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function requireSchema(database: Database): Promise<void> {
  const version = await findSchemaVersion(database);
  const newest = readMigrations().at(-1)?.version ?? 0;
  if (version < newest) {
    throw new TidemarkError('SCHEMA_MISSING', `The database is at schema version ${version} of ${newest}.`);
  }
}
