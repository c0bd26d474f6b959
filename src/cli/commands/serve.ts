/**
 * `tidemark serve`: the API and the periodic sync in one process, until a signal. It listens on this machine only,
 * because the API does not ask callers who they are.
 */
import { assertLoopback } from '../../config/loopback.ts';
import type { ExitStatus, Outside } from '../outside.ts';
import { printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { startSchedule } from '../schedule.ts';
import { loadSettings, openSession } from '../session.ts';
import { listenForStop } from '../stop-signal.ts';

export function addServeCommand({ program, outside, end }: Registration): void {
  program
    .command('serve')
    .description('Serves the API on HOST and PORT and syncs every active Page each SYNC_INTERVAL, until Ctrl-C.')
    .action(async () => end(await serve(outside)));
}

async function serve(outside: Outside): Promise<ExitStatus> {
  const settings = loadSettings(outside);
  const { host, port, syncIntervalMs } = settings;
  assertLoopback(host);

  using stop = listenForStop(outside);
  await using session = await openSession(outside, settings, { followWithHistory: true });
  const { tidemark, log } = session;
  const server = await outside.startServer({ tidemark, host, port, log });
  const schedule = startSchedule({ tidemark, intervalMs: syncIntervalMs, log });
  try {
    printLines(outside, [
      `Tidemark listens on ${server.url}`,
      ...describeDatabase(tidemark.embeddedDatabaseUrl),
      'Ctrl-C ends it.',
    ]);
    await stop.received;
  } finally {
    schedule.stop();
    await server.close();
  }
  return 0;
}

/** How to look into the embedded database; nothing for a server of the user's own. */
export function describeDatabase(embeddedDatabaseUrl: string | undefined): readonly string[] {
  return embeddedDatabaseUrl === undefined ? [] : [`The mirror: psql '${embeddedDatabaseUrl}'`];
}
