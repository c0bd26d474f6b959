/** `tidemark migrate`: brings the database's tables up to date, or prints the SQL that does. Printing touches nothing. */
import type { CliContext, ExitStatus } from '../context.ts';
import { printLines, printText } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { toCount } from '../words.ts';

export function addMigrateCommand({ program, context, end }: Registration): void {
  program
    .command('migrate')
    .description('Applies the migrations that the database lacks.')
    .option('--print', 'print all of them as SQL, e.g. for the Supabase SQL editor, and apply nothing')
    .action(async (flags: { readonly print?: true }) => {
      end(flags.print ? await printMigrations(context) : await migrate(context));
    });
}

async function printMigrations(context: CliContext): Promise<ExitStatus> {
  printText(context.stdout, await context.renderMigrations());
  return 0;
}

async function migrate(context: CliContext): Promise<ExitStatus> {
  const settings = loadSettings(context);
  if (settings.databaseUrl === undefined) {
    // The embedded database is nobody else's: opening it brings it up to date.
    await using session = await openSession(context, settings);
    await session.tidemark.checkReady();
    printLines(context, ['The embedded database is up to date.']);
    return 0;
  }
  const { applied, version } = await context.migrateDatabase({ databaseUrl: settings.databaseUrl });
  printLines(
    context,
    applied.length === 0
      ? [`The database is already at version ${version}.`]
      : [
          `Applied ${toCount(applied.length, 'migration')}; the database is at version ${version}.`,
          ...applied.map((name) => `  ${name}`),
        ],
  );
  return 0;
}
