/**
 * `tidemark serve`: the API, the schedule and a worker in one process, until a signal. It listens on this machine only,
 * because the API does not ask callers who they are.
 */
import { assertLoopback } from '../../config/loopback.ts';
import { refuseReserved } from '../../config/reserved.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { joinJobs } from '../join-jobs.ts';
import { printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { listenForStop } from '../stop-signal.ts';

export function addServeCommand({ program, context, end }: Registration): void {
  program
    .command('serve')
    .summary('serve the API, and sync every active Page each SYNC_INTERVAL')
    .description(
      'Serves the API on HOST and PORT and syncs every active Page each SYNC_INTERVAL, until Ctrl-C. Any number of ' +
        '`tidemark worker` processes may share that work.',
    )
    .option('--no-worker', 'serve the API only, and leave schedule and work to `tidemark worker`')
    .action(async (flags: { readonly worker: boolean }) => end(await serve(context, flags)));
}

async function serve(context: CliContext, { worker }: { readonly worker: boolean }): Promise<ExitStatus> {
  const settings = loadSettings(context);
  const { host, port } = settings;
  assertLoopback(host);
  refuseReserved(settings);

  using stop = listenForStop(context);
  await using session = await openSession(context, settings);
  const { tidemark, log } = session;
  const server = await context.startServer({ tidemark, host, port, log });
  try {
    await joinJobs({ tidemark, log, worker });
    printLines(context, [
      `Tidemark listens on ${server.url}`,
      ...describeDatabase(tidemark.embeddedDatabaseUrl),
      'Ctrl-C ends it.',
    ]);
    await stop.received;
  } finally {
    tidemark.jobs.stop();
    await server.close();
  }
  return 0;
}

/** How to look into the embedded database; nothing for a server of the user's own. */
export function describeDatabase(embeddedDatabaseUrl: string | undefined): readonly string[] {
  return embeddedDatabaseUrl === undefined ? [] : [`The mirror: psql '${embeddedDatabaseUrl}'`];
}
