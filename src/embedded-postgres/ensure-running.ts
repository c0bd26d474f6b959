/**
 * Finds the running server of a data folder, or starts it. Only to be called by the holder of the start lock: two
 * callers at once would get in each other's way. PostgreSQL's own guards keep the data safe even then.
 */
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../lib/sleep.ts';
import type { Cluster } from './cluster.ts';
import { embeddedFault, quotingFault } from './faults.ts';
import { type Home, readAddress, rememberPort } from './home.ts';
import { findFreePort, launchServer } from './postmaster.ts';
import { probeServer } from './probe.ts';
import { findOrphans, findPostmaster } from './processes.ts';
import { readLastLines } from './server-log.ts';

export interface EnsureOptions {
  readonly home: Home;
  /** In milliseconds since the epoch. */
  readonly deadlineAt: number;
  /** Whether another process is present at the folder, as far as the caller knows. */
  readonly othersPresent: boolean;
  readonly log: (line: string) => void;
}

const RETRY_MS = 100;
/** Each taken port is bad luck by itself; twenty in a row are another fault, which the log tells. */
const MAX_TAKEN_PORTS = 20;

/** Answers the port of the server, which takes queries by then. */
export async function ensureRunning(cluster: Cluster, options: EnsureOptions): Promise<number> {
  const { home, deadlineAt, log } = options;
  // The port of the last time, if it is free: connection strings that are in use stay right.
  let wantedPort = (await readAddress(home))?.port;
  for (let takenPorts = 0; takenPorts < MAX_TAKEN_PORTS;) {
    if (performance.now() >= deadlineAt) break;
    const found = await findRunning(cluster, wantedPort);
    if (typeof found === 'number') return found;
    if (found === 'soon') {
      await sleep(RETRY_MS);
      continue;
    }
    await refuseElsewhere(options);

    // Left behind by a server that was killed. PostgreSQL would take any process of the same id for that server.
    await rm(join(cluster.dataFolder, 'postmaster.pid'), { force: true });
    const port = await findFreePort(wantedPort);
    await rememberPort(home, port);
    const outcome = await launchServer(cluster, { port, deadlineAt });
    if (outcome === 'ready') return port;
    if (outcome === 'port-taken') {
      takenPorts += 1;
      wantedPort = undefined;
      continue;
    }
    const orphans = findOrphans(cluster);
    if (orphans.length > 0) log(`ending ${orphans.length} PostgreSQL process(es) whose server was killed`);
    for (const pid of orphans) endProcess(pid);
    await sleep(RETRY_MS);
  }
  throw quotingFault(
    `The embedded PostgreSQL in ${cluster.dataFolder} could not be started in time: ` +
      'it is still starting or stopping, processes of an earlier one use the folder, or no port was free. ' +
      'Wait a minute and try again.',
    await readLastLines(cluster.logPath),
  );
}

async function findRunning(cluster: Cluster, rememberedPort: number | undefined): Promise<number | 'soon' | 'absent'> {
  const postmaster = await findPostmaster(cluster);
  // Without a pid file there may still be a server: it goes on for a while when somebody has deleted the file.
  const port = postmaster?.port ?? rememberedPort;
  const answer = port === undefined ? 'absent' : await probeServer(cluster, port);
  if (port !== undefined && answer === 'ready') return port;
  if (postmaster === undefined) return 'absent';
  if (answer === 'refused') {
    throw embeddedFault(
      `The running PostgreSQL of ${cluster.dataFolder} does not take the password that is kept beside it. ` +
        'Restore the file `password` from a backup.',
    );
  }
  // Just starting or stopping. On Windows the id may be another process's by now, so PostgreSQL has the last word there.
  return process.platform === 'win32' && answer === 'absent' ? 'absent' : 'soon';
}

/** A folder shared between containers: their processes and ports are not ours to see, and two servers would ruin it. */
async function refuseElsewhere({ home, othersPresent }: EnsureOptions): Promise<void> {
  const address = await readAddress(home);
  if (!othersPresent || address === undefined || address.host === hostname()) return;
  throw embeddedFault(
    `${home.folder} is in use on "${address.host}", another container or machine, whose PostgreSQL cannot be reached from here. ` +
      'Give each its own TIDEMARK_DATA_DIR, or set DATABASE_URL to one server for all.',
  );
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
