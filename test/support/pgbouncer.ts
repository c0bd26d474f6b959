/**
 * PgBouncer in front of a test server, in transaction mode as Supabase's pooler works: a server connection belongs to
 * a client for one transaction and then to the next one. Nothing of a session may be relied on behind it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { must } from '../../src/lib/must.ts';
import { sleep } from '../../src/lib/sleep.ts';
import { chooseServerAccount, type ServerAccount } from '../../src/embedded-postgres/account.ts';
import { findFreePort } from '../../src/embedded-postgres/postmaster.ts';
import { spawnOptions } from '../../src/embedded-postgres/run-program.ts';

export interface PgBouncer extends AsyncDisposable {
  /** The way through the pooler to a database of the server. */
  through(databaseUrl: string): string;
}

/** Why tests with a pooler are skipped; undefined when they can run. */
export const NO_PGBOUNCER =
  findMinorVersion() === undefined ? 'pgbouncer is not installed (apt-get install pgbouncer)' : undefined;

/** Connections to the server for each database. Fewer than one engine opens, so that they have to be shared. */
export const SERVER_CONNECTIONS = 3;

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

/** Starts one in front of the server that `serverUrl` names, for all of its databases. */
export async function startPgBouncer(serverUrl: string): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-test-pgbouncer-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    // It refuses to be root, as PostgreSQL does.
    const account = await chooseServerAccount(join(folder, 'none'));
    const port = await launchSomewhere({ folder, account, server: new URL(serverUrl) });
    return {
      through(databaseUrl) {
        const url = new URL(databaseUrl);
        url.port = String(port.number);
        return url.href;
      },
      async [Symbol.asyncDispose]() {
        await stop(port.child);
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

interface Place {
  readonly folder: string;
  readonly account: ServerAccount | undefined;
  readonly server: URL;
}

/** Somebody else may take a free port before it does: then the next one is tried. */
async function launchSomewhere(place: Place): Promise<{ readonly number: number; readonly child: ChildProcess }> {
  const deadlineAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const number = await findFreePort();
    const child = await launch(place, number);
    while (child.exitCode === null && Date.now() < deadlineAt) {
      if (await answers(place.server, number)) return { number, child };
      await sleep(POLL_MS);
    }
    await stop(child);
    if (Date.now() >= deadlineAt) {
      throw new Error(`PgBouncer does not start:\n${await readFile(join(place.folder, 'log'), 'utf8')}`);
    }
  }
}

async function launch({ folder, account, server }: Place, port: number): Promise<ChildProcess> {
  const [config, users, log] = ['config.ini', 'users.txt', 'log'].map((name) => join(folder, name));
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    logfile: log,
    pool_mode: 'transaction',
    default_pool_size: SERVER_CONNECTIONS,
    max_client_conn: 200,
    // From 1.21 on it can carry named statements from one server connection to the next: not here.
    ...(must(findMinorVersion(), 'it is installed') >= 21 ? { max_prepared_statements: 0 } : {}),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const database = `* = host=${server.hostname} port=${server.port}`;
  await writeFile(must(config, 'named above'), `[databases]\n${database}\n\n[pgbouncer]\n${lines.join('\n')}\n`);
  await writeFile(must(users, 'named above'), `"${server.username}" "${server.password}"\n`, { mode: 0o600 });
  for (const path of [folder, config, users]) {
    if (account !== undefined) await chown(must(path, 'named above'), account.uid, account.gid);
  }
  const child = spawn('pgbouncer', ['--quiet', must(config, 'named above')], {
    ...spawnOptions(account, '/'),
    detached: false,
    stdio: 'ignore',
  });
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

async function answers(server: URL, port: number): Promise<boolean> {
  const url = new URL(server);
  url.port = String(port);
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // At once: there is nothing in it that could be lost.
  child.kill('SIGKILL');
  await exited;
}

/** Such as 18 for 1.18; undefined where it is not installed. */
function findMinorVersion(): number | undefined {
  try {
    const printed = execFileSync('pgbouncer', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [, minor] = /PgBouncer 1\.(\d+)/.exec(printed) ?? [];
    return minor === undefined ? undefined : Number(minor);
  } catch {
    return undefined;
  }
}
