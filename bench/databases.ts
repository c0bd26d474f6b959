/** Fresh databases on the server that the benchmark runs on, which is the embedded PostgreSQL unless another is named. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';

export interface Databases extends AsyncDisposable {
  /** E.g. `PostgreSQL 17.10, embedded`. */
  readonly description: string;
  /** A new database; answers its connection string. */
  create(): Promise<string>;
}

export async function openDatabases(serverUrl: string | undefined): Promise<Databases> {
  const server = serverUrl === undefined ? await startOwn() : { url: serverUrl, stop: async () => {} };
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  const { rows } = await admin.query<{ server_version: string }>('SHOW server_version');
  const made: string[] = [];
  return {
    description: `PostgreSQL ${rows[0]?.server_version}${serverUrl === undefined ? ', embedded' : ''}`,
    async create() {
      const name = `tidemark_bench_${process.pid}_${made.length}`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
      made.push(name);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async [Symbol.asyncDispose]() {
      for (const name of made) await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
      await server.stop();
    },
  };
}

async function startOwn(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  const embedded = await startEmbeddedPostgres({ dataDir });
  return {
    url: embedded.connectionString,
    async stop() {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
