/** Tidemark as a library: every setting has a default, and what is given is checked as the environment is. */
import type { Tidemark } from '../api/tidemark.ts';
import { findUnknownVariables, type GivenSettings, readSettings } from '../config/read-settings.ts';
import { TidemarkError } from '../core/errors.ts';
import { createTidemark as createEngine, type EngineOptions } from '../engine/create-tidemark.ts';

/** What the engine takes; those of the server and of logging are for `tidemark serve`. */
export type TidemarkSettings = Omit<GivenSettings, 'host' | 'port' | 'logLevel' | 'logFormat'>;

/**
 * Opens the mirror (migrating its tables), and is ready. What is not given comes from the environment, `.env.local` and
 * `.env` of the working directory. Without a `databaseUrl` it is the embedded PostgreSQL in `dataDir`. Close it at the
 * end. Errors: INVALID_SETTING, DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED, SCHEMA_NEWER, MIGRATION_FAILED,
 * EMBEDDED_POSTGRES.
 */
export async function createTidemark(given: TidemarkSettings = {}, options: EngineOptions = {}): Promise<Tidemark> {
  const cwd = process.cwd();
  const settings = readSettings(process.env, { cwd, given });
  for (const warning of findUnknownVariables(process.env, cwd)) process.emitWarning(warning, 'TidemarkWarning');
  requireOwnDatabase(settings.databaseUrl, given.dataDir ?? process.env['TIDEMARK_DATA_DIR']);
  return createEngine(settings, options);
}

/** A build or a server in production that lacks its setting must not make itself a database that nobody looks after. */
function requireOwnDatabase(databaseUrl: string | undefined, dataDir: string | undefined): void {
  if (databaseUrl !== undefined || dataDir !== undefined || process.env['NODE_ENV'] !== 'production') return;
  throw new TidemarkError(
    'INVALID_SETTING',
    'DATABASE_URL is not set. In production the embedded PostgreSQL is used only where TIDEMARK_DATA_DIR says so.',
  );
}
