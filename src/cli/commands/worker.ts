/**
 * `tidemark worker`: does the jobs that are due, beside any number of others on the same database, until a signal. What
 * it has not finished by then goes back to the others at once.
 */
import type { CliContext, ExitStatus } from '../context.ts';
import { joinJobs } from '../join-jobs.ts';
import { printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { listenForStop } from '../stop-signal.ts';

export function addWorkerCommand({ program, context, end }: Registration): void {
  program
    .command('worker')
    .summary('do the jobs that are due, beside any number of others')
    .description(
      'Syncs and verifies Pages as they are due and brings older messages, until Ctrl-C. Start as many as you like ' +
        'against one database: they share the work and the schedule.',
    )
    .option('--no-schedule', 'only do what others have found to be due')
    .action(async (flags: { readonly schedule: boolean }) => end(await work(context, flags)));
}

async function work(context: CliContext, { schedule }: { readonly schedule: boolean }): Promise<ExitStatus> {
  using stop = listenForStop(context);
  await using session = await openSession(context, loadSettings(context));
  await joinJobs({ ...session, schedule });
  printLines(context, ['Tidemark works. Ctrl-C ends it.']);
  await stop.received;
  return 0;
}
