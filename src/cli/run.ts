/**
 * The command line as a function: arguments in, exit status out. It never ends the process and never throws, so that
 * whoever called it decides what happens next.
 */
import { Command, CommanderError } from 'commander';
import { renderSettingsHelp } from '../config/render-help.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addPagesCommand } from './commands/pages.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { scrub } from '../telemetry/scrub.ts';
import type { CliContext, ExitStatus } from './context.ts';
import { printJson, printText } from './print.ts';
import { reportError } from './report-error.ts';

const COMMANDS = [
  addDemoCommand,
  addServeCommand,
  addWorkerCommand,
  addSyncCommand,
  addVerifyCommand,
  addPagesCommand,
  addRunsCommand,
  addMigrateCommand,
  addSimulateCommand,
];

/** `args` are the arguments behind the program's name; `version` is what `--version` prints. */
export async function run(args: readonly string[], context: CliContext, version: string): Promise<ExitStatus> {
  const json = args.includes('--json');
  let status: ExitStatus = 0;
  try {
    const program = createProgram(context, version);
    const end = (ended: ExitStatus): void => {
      status = ended;
    };
    for (const addCommand of COMMANDS) addCommand({ program, context, end });
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    return error instanceof CommanderError ? endUsage(error, context, json) : reportError(error, context, json);
  }
}

function createProgram(context: CliContext, version: string): Command {
  const program = new Command('tidemark')
    .description('Mirrors every Messenger and Instagram conversation of your Facebook Pages into your own PostgreSQL.')
    .version(version)
    .showHelpAfterError('(`tidemark --help` lists commands and settings)')
    .showSuggestionAfterError()
    .addHelpText('after', `\n${renderSettingsHelp(context.stdout.columns ?? 100)}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => printText(context.stdout, text),
      writeErr: (text) => printText(context.stderr, scrub(text)),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
    });
  return program;
}

/** Commander has already said what was wrong; help and version were asked for and are no failure. */
function endUsage(error: CommanderError, context: CliContext, json: boolean): ExitStatus {
  if (error.exitCode === 0) return 0;
  if (json) printJson(context, { success: false, error: scrub(error.message.replace(/^error: /, '')), code: 'USAGE' });
  return 2;
}
