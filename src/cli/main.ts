/**
 * The program `tidemark`: hands the real surroundings to the command line and leaves with its exit status. Rooms that
 * a command may not need are loaded when it does, so that `--help` answers at once.
 */
import { readFileSync } from 'node:fs';
import type { CliContext } from './context.ts';
import { run } from './run.ts';

const context: CliContext = {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  exitNow: (status) => process.exit(status),
  now: Date.now,
  openTidemark: async (settings, options) =>
    (await import('../engine/create-tidemark.ts')).createTidemark(settings, options),
  startServer: async (options) => (await import('../http/server.ts')).startServer(options),
  startSimulator: async (options) => (await import('./start-simulator.ts')).startSimulator(options),
  migrateDatabase: async (options) => (await import('../store/migrate.ts')).migrateDatabase(options),
  checkMigration: async (options) => (await import('../store/check-migration.ts')).checkMigration(options),
  renderMigrations: async (options) => (await import('../store/migrate.ts')).renderMigrations(options),
};

// Whoever reads the output may have seen enough (`tidemark runs | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), context, readVersion());

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL(import.meta.resolve('tidemark/package.json')), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
