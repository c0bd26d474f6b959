/** A server with TLS and a certificate by an authority of one's own: `sslmode` means what it means to psql. */
import { chownSync, chmodSync, copyFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { canCertify, makeCertificates } from '../../test/support/certificates.ts';
import { openEye } from '../../test/support/client.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { connect } from './connect.ts';

it.skipIf(!canCertify)(
  'is taken as psql takes it, and what is refused is said with its cure',
  { timeout: 120_000 },
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-test-tls-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const server = await startEmbeddedPostgres({ dataDir });
    onTestFinished(() => server.stop());
    const certificates = makeCertificates('db.tidemark.test');
    await using eye = await openEye(server.connectionString);
    const folder = join(dataDir, 'postgres', 'data');
    const { uid, gid } = statSync(folder);
    for (const [from, to] of [
      [certificates.key, 'server.key'],
      [certificates.certificate, 'server.crt'],
    ] as const) {
      copyFileSync(from, join(folder, to));
      chmodSync(join(folder, to), 0o600);
      chownSync(join(folder, to), uid, gid);
    }
    await eye.client.query(`ALTER SYSTEM SET ssl = 'on'`);
    await eye.client.query('SELECT pg_reload_conf()');

    /** Whether the connection is encrypted, or why there is none. */
    async function ask(parameters: string): Promise<unknown> {
      const url = new URL(server.connectionString);
      url.search = parameters;
      const database = connect({ connectionString: url.href });
      try {
        const [row] = await database.query<{ ssl: boolean }>(
          'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
        );
        return row?.ssl;
      } catch (error) {
        return (error as Error).message;
      } finally {
        await database.close();
      }
    }
    const root = `sslrootcert=${encodeURIComponent(certificates.ca)}`;
    await expect.poll(() => ask('sslmode=require'), { timeout: 20_000 }).toBe(true);
    expect(await ask('sslmode=disable')).toBe(false);
    expect(await ask('sslmode=no-verify')).toBe(true);
    expect(await ask(`sslmode=verify-ca&${root}`)).toBe(true);
    // As with libpq, an authority that is named is asked, also where any certificate would do.
    expect(await ask(`sslmode=require&${root}`)).toBe(true);
    const other = makeCertificates('db.tidemark.test');
    const wrongRoot = `sslrootcert=${encodeURIComponent(other.ca)}`;
    for (const refused of ['sslmode=verify-full', `sslmode=verify-ca&${wrongRoot}`, `sslmode=require&${wrongRoot}`]) {
      expect(await ask(refused), refused).toMatch(/sslrootcert=.+certificate/s);
    }
    expect(await ask('sslmode=verify-ca')).toMatch(/sslrootcert=\/path/);
    // The certificate is of another name than the one that was called.
    expect(await ask(`sslmode=verify-full&${root}`)).toMatch(/127\.0\.0\.1|altnames|hostname/i);
  },
);
