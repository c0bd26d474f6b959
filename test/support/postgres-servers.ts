/**
 * Starts the PostgreSQL servers of a test run, one of each version that must work, and stops them at its end. They
 * are throw-away: nothing a test claims about durability may be tried on them.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { chooseServerAccount } from '../../src/embedded-postgres/account.ts';
import { type Cluster, connectionStringOf } from '../../src/embedded-postgres/cluster.ts';
import { ensureCluster } from '../../src/embedded-postgres/create-cluster.ts';
import { locateBinaries } from '../../src/embedded-postgres/locate-binaries.ts';
import { findFreePort, launchServer, requestStop, stopServer } from '../../src/embedded-postgres/postmaster.ts';
import { prepareBinaries } from '../../src/embedded-postgres/prepare-binaries.ts';
import { SERVER_SETTINGS } from '../../src/embedded-postgres/settings.ts';
import { POSTGRES_PACKAGES, POSTGRES_VERSIONS, type PostgresVersion } from './postgres.ts';

const START_TIMEOUT_MS = 60_000;

/** For speed: nothing has to survive a test run. */
const THROW_AWAY_SETTINGS = {
  ...SERVER_SETTINGS,
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
};

interface RunningServer {
  readonly url: string;
  /** Stops it, in good order (`fast`) or so that it has to recover (`immediate`), and starts it again. */
  restart(mode: 'fast' | 'immediate'): Promise<void>;
  stop(): Promise<void>;
}

/** Called by vitest once per run, and only when a test that needs PostgreSQL is in it. Answers the teardown. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const starts = await Promise.allSettled(POSTGRES_VERSIONS.map(startServer));
  const servers = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value);
  const stopAll = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const failure = starts.find((start) => start.status === 'rejected');
  if (failure !== undefined) {
    await stopAll();
    throw failure.reason;
  }
  const urls = POSTGRES_VERSIONS.map((version, index) => [version, servers[index]?.url]);
  project.provide('postgresUrls', Object.fromEntries(urls) as Record<PostgresVersion, string>);
  return stopAll;
}

/** Starts a server of this version in a temporary folder of its own. */
export async function startServer(version: PostgresVersion): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), `tidemark-test-postgres-${version}-`));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    // The server may run as another account, when root runs the tests.
    await chmod(folder, 0o711);
    const cluster = await createCluster(version, folder);
    const port = await launchSomewhere(cluster);
    // The run may be called off in a way that skips the teardown.
    const stopAtExit = () => requestStop(cluster);
    process.once('exit', stopAtExit);
    return {
      url: connectionStringOf(cluster, port),
      async restart(mode) {
        await stopServer(cluster, [mode]);
        await launchAt(cluster, port);
      },
      async stop() {
        process.off('exit', stopAtExit);
        await stopServer(cluster);
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function createCluster(version: PostgresVersion, folder: string): Promise<Cluster> {
  const dataFolder = join(folder, 'data');
  const source = await locateBinaries({ packageName: POSTGRES_PACKAGES[version] });
  const account = await chooseServerAccount(dataFolder);
  const binaries = await prepareBinaries({ source, account, ownCache: folder });
  const name = `tidemark-test-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const cluster: Cluster = { dataFolder, name, logPath: join(folder, 'postgres.log'), password, binaries, account };
  await ensureCluster(cluster);
  return cluster;
}

async function launchSomewhere(cluster: Cluster): Promise<number> {
  for (;;) {
    const port = await findFreePort();
    if (await launchAt(cluster, port)) return port;
  }
}

/** False when the port is taken. */
async function launchAt(cluster: Cluster, port: number): Promise<boolean> {
  const deadlineAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const outcome = await launchServer(cluster, { port, deadlineAt, settings: THROW_AWAY_SETTINGS });
    if (outcome !== 'occupied') return outcome === 'ready';
  }
}
