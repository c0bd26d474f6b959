/**
 * `tidemark migrate`: brings the database's tables up to date, says what that would do, or prints the SQL that does it.
 * Looking and printing change nothing.
 */
import { Option } from 'commander';
import { readSetting } from '../../config/read-settings.ts';
import type { MigrationCheck } from '../../store/check-migration.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { printJson, printLines, printText } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { toCount } from '../words.ts';

interface MigrateFlags {
  readonly print?: true;
  readonly check?: true;
  readonly json?: true;
}

export function addMigrateCommand({ program, context, end }: Registration): void {
  program
    .command('migrate')
    .description('Applies the migrations that the database lacks.')
    .option('--check', 'say what a migration would change, and what is in its way, and change nothing')
    .addOption(
      new Option('--print', 'print all of them as SQL, e.g. for the Supabase SQL editor, and apply nothing').conflicts([
        'check',
        'json',
      ]),
    )
    .option('--json', 'print one JSON document')
    .action(async (flags: MigrateFlags) => {
      if (flags.print) end(await printMigrations(context));
      else end(await (flags.check ? check(context, flags) : migrate(context, flags)));
    });
}

async function printMigrations(context: CliContext): Promise<ExitStatus> {
  const schema = readSetting('schema', context.env, context.cwd);
  printText(context.stdout, await context.renderMigrations({ schema }));
  return 0;
}

async function migrate(context: CliContext, { json }: MigrateFlags): Promise<ExitStatus> {
  const settings = loadSettings(context);
  const { databaseUrl, schema } = settings;
  if (databaseUrl === undefined) {
    // The embedded database is nobody else's: opening it brings it up to date.
    await using session = await openSession(context, settings);
    await session.tidemark.checkReady();
    if (json) printJson(context, { success: true, embedded: true });
    else printLines(context, ['The embedded database is up to date.']);
    return 0;
  }
  const { applied, version } = await context.migrateDatabase({ databaseUrl, schema });
  if (json) printJson(context, { success: true, embedded: false, applied, version });
  else printLines(context, describeApplied(applied, version));
  return 0;
}

function describeApplied(applied: readonly string[], version: number): readonly string[] {
  if (applied.length === 0) return [`The database is already at version ${version}.`];
  return [
    `Applied ${toCount(applied.length, 'migration')}; the database is at version ${version}.`,
    ...applied.map((name) => `  ${name}`),
  ];
}

/** 1 when something is in the way. */
async function check(context: CliContext, { json }: MigrateFlags): Promise<ExitStatus> {
  const { databaseUrl, schema } = loadSettings(context);
  if (databaseUrl === undefined) {
    if (json) printJson(context, { success: true, embedded: true, changes: [], obstacles: [], notices: [] });
    else {
      printLines(context, [
        'Without DATABASE_URL it is the embedded database, which nobody else uses: nothing to check.',
      ]);
    }
    return 0;
  }
  const found = await context.checkMigration({ databaseUrl, schema });
  const isFree = found.obstacles.length === 0;
  if (json) printJson(context, { success: isFree, embedded: false, ...found });
  else printLines(context, describeCheck(found));
  return isFree ? 0 : 1;
}

function describeCheck({ schema, version, newestVersion, changes, obstacles, notices }: MigrationCheck) {
  const list = (title: string, sentences: readonly string[]) =>
    sentences.length === 0 ? [] : ['', title, ...sentences.map((sentence) => `  - ${sentence}`)];
  const state =
    version === 0
      ? `The database has no tables of Tidemark yet (schema ${schema}).`
      : `The database is at version ${version} of ${newestVersion} (schema ${schema}).`;
  return [
    state,
    ...list('A migration would do this:', changes),
    ...list('Good to know:', notices),
    ...list('In the way, until it is put right:', obstacles),
    '',
    obstacles.length > 0
      ? 'Nothing was changed, and `tidemark migrate` would change nothing either.'
      : changes.length === 0
        ? 'There is nothing to migrate.'
        : 'Nothing was changed. Nothing is in the way of `tidemark migrate`.',
  ];
}
