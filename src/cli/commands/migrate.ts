/** `tidemark migrate`: brings the database's tables up to date, or prints the SQL that does. Printing touches nothing. */
import type { ExitStatus, Outside } from '../outside.ts';
import { printLines, printText } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { toCount } from '../words.ts';

export function addMigrateCommand({ program, outside, end }: Registration): void {
  program
    .command('migrate')
    .description('Applies the migrations that the database lacks.')
    .option('--print', 'print all of them as SQL, e.g. for the Supabase SQL editor, and apply nothing')
    .action(async (flags: { readonly print?: true }) => {
      end(flags.print ? await printMigrations(outside) : await migrate(outside));
    });
}

async function printMigrations(outside: Outside): Promise<ExitStatus> {
  printText(outside.stdout, await outside.renderMigrations());
  return 0;
}

async function migrate(outside: Outside): Promise<ExitStatus> {
  const settings = loadSettings(outside);
  if (settings.databaseUrl === undefined) {
    // The embedded database is nobody else's: opening it brings it up to date.
    await using session = await openSession(outside, settings);
    await session.tidemark.checkReady();
    printLines(outside, ['The embedded database is up to date.']);
    return 0;
  }
  const { applied, version } = await outside.migrateDatabase({ databaseUrl: settings.databaseUrl });
  printLines(
    outside,
    applied.length === 0
      ? [`The database is already at version ${version}.`]
      : [
          `Applied ${toCount(applied.length, 'migration')}; the database is at version ${version}.`,
          ...applied.map((name) => `  ${name}`),
        ],
  );
  return 0;
}
