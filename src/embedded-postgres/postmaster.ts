/**
 * Starts and stops the server on an existing data folder. It is started apart from this process and outlives it; who
 * may start or stop it at all is decided elsewhere.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { sleep } from '../lib/sleep.ts';
import { type Cluster, standIn } from './cluster.ts';
import { embeddedFault, explainOutput, quotingFault } from './faults.ts';
import { probeServer } from './probe.ts';
import { findPostmaster } from './processes.ts';
import { runProgram } from './run-program.ts';
import { findLogEnd, openLog, readLastLines } from './server-log.ts';
import { SERVER_SETTINGS, type ServerSettings, toArguments } from './settings.ts';

export interface LaunchOptions {
  readonly port: number;
  /** When to give up waiting, in milliseconds since the epoch. The server is then left to go on. */
  readonly deadlineAt: number;
  /** Default: SERVER_SETTINGS. */
  readonly settings?: ServerSettings | undefined;
}

/** `occupied`: processes of an earlier server still hold the data folder; it will be free in a moment, or is being served. */
export type LaunchOutcome = 'ready' | 'port-taken' | 'occupied';

const POLL_MS = 15;
const STOP_TIMEOUT_S = 60;

/** Resolves when the server takes queries, or when another port or another moment has to be tried. */
export async function launchServer(cluster: Cluster, options: LaunchOptions): Promise<LaunchOutcome> {
  const { port, deadlineAt } = options;
  const logStart = await findLogEnd(cluster.logPath);
  const hasEnded = await spawnServer(cluster, options);
  for (;;) {
    if ((await probeServer(cluster, port)) === 'ready') return 'ready';
    if (hasEnded()) return await readOutcome(cluster, logStart);
    if (performance.now() >= deadlineAt) {
      throw quotingFault(
        `The embedded PostgreSQL in ${cluster.dataFolder} does not answer yet. ` +
          'It may be recovering after a crash and goes on by itself: try again in a minute.',
        await readLastLines(cluster.logPath, logStart),
      );
    }
    await sleep(POLL_MS);
  }
}

/** Spawns the server, apart from this process, and answers a look at whether it has ended. */
async function spawnServer(cluster: Cluster, { port, settings }: LaunchOptions): Promise<() => boolean> {
  const { dataArgument, spawn: spawnOptions } = standIn(cluster, cluster.dataFolder);
  const log = await openLog(cluster.logPath);
  try {
    const args = [
      '-D',
      dataArgument,
      ...toArguments({ ...(settings ?? SERVER_SETTINGS), port: String(port), cluster_name: cluster.name }),
    ];
    // The log is a file, not a pipe to us: the server has to be able to write when we are gone.
    const child = spawn(cluster.binaries.postgres, args, { ...spawnOptions, stdio: ['ignore', log.fd, log.fd] });
    await once(child, 'spawn');
    child.unref();
    return () => child.exitCode !== null || child.signalCode !== null;
  } finally {
    await log.close();
  }
}

async function readOutcome(cluster: Cluster, logStart: number): Promise<LaunchOutcome> {
  const lines = await readLastLines(cluster.logPath, logStart);
  const text = lines.join('\n');
  if (/could not bind IPv4 address/.test(text)) return 'port-taken';
  if (/lock file "postmaster\.pid" already exists|pre-existing shared memory block/.test(text)) return 'occupied';
  const explanation = explainOutput(lines, cluster.dataFolder);
  if (explanation !== undefined) throw embeddedFault(explanation);
  throw quotingFault(`The embedded PostgreSQL in ${cluster.dataFolder} could not be started.`, lines);
}

/**
 * Stops the server, ending what its clients are doing; resolves when it is gone, at once when there is none. If it
 * does not come to an end in good order within a minute it is stopped at once, and recovers at the next start.
 * `modes`: PostgreSQL's ways to stop, tried in turn. Default: `fast`, then `immediate`.
 */
export async function stopServer(
  cluster: Cluster,
  modes: readonly ('fast' | 'immediate')[] = ['fast', 'immediate'],
): Promise<void> {
  for (const mode of modes) {
    if ((await findPostmaster(cluster)) === undefined) return;
    const { args, spawn: options } = stopCommand(cluster, mode);
    const result = await runProgram(cluster.binaries.pgCtl, { args: [...args, '--wait'], spawn: options });
    if (result.status === 0) return;
  }
  if ((await findPostmaster(cluster)) === undefined) return;
  const lines = await readLastLines(cluster.logPath);
  throw quotingFault(`The embedded PostgreSQL in ${cluster.dataFolder} does not stop.`, lines);
}

/** Tells the server to stop, without waiting: for the last moment of a process, when nothing can be waited for. */
export function requestStop(cluster: Cluster): void {
  const { args, spawn: options } = stopCommand(cluster, 'fast');
  spawnSync(cluster.binaries.pgCtl, [...args, '--no-wait'], { ...options, stdio: 'ignore' });
}

/** By pg_ctl, as the server's account: it can end no process but that account's, whatever a pid file says. */
function stopCommand(cluster: Cluster, mode: string) {
  const { dataArgument, spawn: options } = standIn(cluster, cluster.dataFolder);
  return { args: ['stop', '-D', dataArgument, '-m', mode, '-t', String(STOP_TIMEOUT_S)], spawn: options };
}

/** A port of the loopback address that is free at this moment, `wanted` if it is; somebody else may be faster to use it. */
export async function findFreePort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return await findFreePort();
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has an address with a port.');
  return address.port;
}
