/** Tidemark as a library: every setting has a default, and what is given is checked as the environment is. */
import type { Tidemark } from '../api/tidemark.ts';
import { findUnknownVariables, type GivenSettings, isSet, readSettings } from '../config/read-settings.ts';
import { refuseReserved } from '../config/reserved.ts';
import { TidemarkError } from '../core/errors.ts';
import { createTidemark as createEngine, type EngineOptions, type EngineSettings } from '../engine/create-tidemark.ts';

/** What the engine takes; the others are for the server and its log. */
export type TidemarkSettings = Pick<GivenSettings, Extract<keyof GivenSettings, keyof EngineSettings>>;

/**
 * Opens the mirror (migrating its tables), and is ready. What is not given comes from the environment, `.env.local` and
 * `.env` of the working directory. Without a `databaseUrl` it is the embedded PostgreSQL in `dataDir`. Close it at the
 * end. Errors: INVALID_SETTING, DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED, SCHEMA_NEWER, MIGRATION_FAILED,
 * EMBEDDED_POSTGRES.
 */
export async function createTidemark(given: TidemarkSettings = {}, options: EngineOptions = {}): Promise<Tidemark> {
  const cwd = process.cwd();
  const settings = readSettings(process.env, { cwd, given });
  const asked = Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(given, name)));
  refuseReserved(asked);
  for (const warning of findUnknownVariables(process.env, cwd)) {
    process.emitWarning(warning, 'TidemarkWarning');
  }
  const isPlaced = given.dataDir !== undefined || isSet('TIDEMARK_DATA_DIR', process.env, cwd);
  if (settings.databaseUrl === undefined && !isPlaced) refuseInProduction();
  return createEngine(settings, options);
}

/** A build or a server that lacks its setting must not make itself a database that nobody looks after. */
function refuseInProduction(): void {
  if (process.env['NODE_ENV'] !== 'production') return;
  throw new TidemarkError(
    'INVALID_SETTING',
    'DATABASE_URL is not set. In production the embedded PostgreSQL is used only where TIDEMARK_DATA_DIR says so.',
  );
}
