/**
 * The PostgreSQL server that Tidemark brings along: the first process starts it, later ones join it, the last one to
 * leave stops it. Who is present is known by locks that die with their holder, so a killed process counts as gone.
 * Nobody ever starts, joins or leaves but under the start lock, and no server is stopped while another process is
 * present.
 */
import { chooseServerAccount } from './account.ts';
import { type Cluster, connectionStringOf } from './cluster.ts';
import { ensureCluster } from './create-cluster.ts';
import { ensureRunning } from './ensure-running.ts';
import { embeddedFault, toEmbeddedFault } from './faults.ts';
import { type FileLock, lockWithin, tryLock } from './file-lock.ts';
import { findClusterName, type Home, openHome, readOrMakePassword } from './home.ts';
import { locateBinaries } from './locate-binaries.ts';
import { requestStop, stopServer } from './postmaster.ts';
import { prepareBinaries } from './prepare-binaries.ts';
import { findPostmaster } from './processes.ts';
import { trimLog } from './server-log.ts';

export interface EmbeddedPostgresOptions {
  /** TIDEMARK_DATA_DIR. Everything lies in its folder `postgres`; made when missing. */
  readonly dataDir: string;
  /** Told in plain sentences what is done. Default: nobody. */
  readonly log?: ((line: string) => void) | undefined;
  /** How long to wait for the server, recovery after a crash included. Default: two minutes. */
  readonly startTimeoutMs?: number | undefined;
}

export interface EmbeddedPostgres {
  /** Of the superuser, with the password: for this machine only. */
  readonly connectionString: string;
  readonly port: number;
  /** This process leaves, and stops the server if nobody else is present. Safe to call twice. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 120_000;
const TEND_INTERVAL_MS = 2_000;
const TEND_INTERVAL_AFTER_FAULT_MS = 30_000;
/** How long a process that is just exiting may be held up by another one's start. */
const EXIT_WAIT_MS = 2_000;

/**
 * Starts or joins the server in `dataDir`. Rejects with EMBEDDED_POSTGRES and a sentence that says why. Also leaves
 * when the process exits without `stop()`; if it is killed instead, the server stays for the next one to join.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await enter(options);
  } catch (error) {
    throw toEmbeddedFault(error, options.dataDir);
  }
}

async function enter(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => {}, startTimeoutMs = START_TIMEOUT_MS } = options;
  const deadlineAt = performance.now() + startTimeoutMs;
  const home = await openHome(dataDir);
  const startLock = await lockStart(home, startTimeoutMs);
  let presence: FileLock | undefined;
  try {
    const alone = tryLock(home.presenceLockPath, 'exclusive');
    alone?.release();
    presence = tryLock(home.presenceLockPath, 'shared');
    if (presence === undefined)
      throw embeddedFault(`${home.presenceLockPath} is locked by a program other than Tidemark.`);

    const cluster = await openCluster(home);
    await ensureCluster(cluster);
    await trimLog(cluster.logPath);
    const port = await ensureRunning(cluster, { home, deadlineAt, othersPresent: alone === undefined, log });
    log(`PostgreSQL ${cluster.binaries.majorVersion} in ${home.folder} listens on 127.0.0.1:${port}`);
    return new Membership({ home, cluster, port, presence, log });
  } catch (error) {
    presence?.release();
    throw error;
  } finally {
    startLock.release();
  }
}

async function openCluster(home: Home): Promise<Cluster> {
  const account = await chooseServerAccount(home.dataFolder);
  const binaries = await prepareBinaries({ source: await locateBinaries(), account, ownCache: home.folder });
  return {
    dataFolder: home.dataFolder,
    name: await findClusterName(home),
    logPath: home.logPath,
    password: await readOrMakePassword(home),
    binaries,
    account,
  };
}

async function lockStart(home: Home, timeoutMs: number): Promise<FileLock> {
  const lock = await lockWithin(home.startLockPath, 'exclusive', timeoutMs);
  if (lock !== undefined) return lock;
  throw embeddedFault(
    `Another process has been starting or stopping the embedded PostgreSQL in ${home.folder} for ${Math.round(timeoutMs / 1000)} s. ` +
      'Wait for it, or end it, and try again.',
  );
}

interface MembershipParts {
  readonly home: Home;
  readonly cluster: Cluster;
  readonly port: number;
  readonly presence: FileLock;
  readonly log: (line: string) => void;
}

/** One process's use of the server, from joining to leaving. */
class Membership implements EmbeddedPostgres {
  readonly connectionString: string;
  readonly port: number;
  readonly #home: Home;
  readonly #cluster: Cluster;
  readonly #presence: FileLock;
  readonly #log: (line: string) => void;
  readonly #onExit = () => this.#leaveAtExit();
  #timer: NodeJS.Timeout | undefined;
  #tending: Promise<void> = Promise.resolve();
  #leaving: Promise<void> | undefined;
  #hasLeft = false;

  constructor({ home, cluster, port, presence, log }: MembershipParts) {
    this.connectionString = connectionStringOf(cluster, port);
    this.port = port;
    this.#home = home;
    this.#cluster = cluster;
    this.#presence = presence;
    this.#log = log;
    process.on('exit', this.#onExit);
    this.#tendIn(TEND_INTERVAL_MS);
  }

  stop(): Promise<void> {
    this.#leaving ??= this.#leave().catch((error: unknown) => {
      throw toEmbeddedFault(error, this.#home.folder);
    });
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#tending;
    const startLock = await lockStart(this.#home, START_TIMEOUT_MS);
    try {
      this.#hasLeft = true;
      this.#presence.release();
      const alone = tryLock(this.#home.presenceLockPath, 'exclusive');
      if (alone === undefined) return;
      await stopServer(this.#cluster).finally(() => alone.release());
      this.#log(`PostgreSQL in ${this.#home.folder} is stopped`);
    } finally {
      startLock.release();
      process.off('exit', this.#onExit);
    }
  }

  /** The same in the last moment of a process, when nothing can be waited for. */
  #leaveAtExit(): void {
    if (this.#hasLeft) return;
    const startLock = tryLock(this.#home.startLockPath, 'exclusive', EXIT_WAIT_MS);
    this.#presence.release();
    // Somebody is just coming or going: whoever is next will find the server.
    if (startLock === undefined) return;
    if (tryLock(this.#home.presenceLockPath, 'exclusive') !== undefined) requestStop(this.#cluster);
  }

  /** Keeps the log small, and the server there: killed by the system for want of memory, it is started again. */
  #tendIn(intervalMs: number): void {
    this.#timer = setTimeout(() => {
      this.#tending = this.#tend().then(
        () => this.#tendIn(TEND_INTERVAL_MS),
        (error: unknown) => {
          this.#log(toEmbeddedFault(error, this.#home.folder).message);
          this.#tendIn(TEND_INTERVAL_AFTER_FAULT_MS);
        },
      );
    }, intervalMs).unref();
  }

  async #tend(): Promise<void> {
    if (this.#leaving !== undefined) return;
    await trimLog(this.#cluster.logPath);
    if ((await findPostmaster(this.#cluster)) !== undefined) return;
    const startLock = await lockStart(this.#home, START_TIMEOUT_MS);
    try {
      if ((await findPostmaster(this.#cluster)) !== undefined) return;
      this.#log(`PostgreSQL in ${this.#home.folder} has gone; starting it again`);
      const deadlineAt = performance.now() + START_TIMEOUT_MS;
      const options = { home: this.#home, deadlineAt, othersPresent: false, log: this.#log };
      const port = await ensureRunning(this.#cluster, options);
      if (port !== this.port) {
        throw embeddedFault(
          `PostgreSQL in ${this.#home.folder} had to move from port ${this.port} to ${port}, which somebody else has taken. ` +
            'Start this process again.',
        );
      }
    } finally {
      startLock.release();
    }
  }
}
